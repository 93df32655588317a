"""Writing a programme as the YAML file that it can be read from again."""

from fractions import Fraction
from typing import Any

from courseware.hours import Minutes, academic
from courseware.partners.rules import DEFAULT_COLOUR
from courseware.programmes.rules import PartnerFacts, ProgrammeFacts
from courseware.texts import filled
from courseware.yaml_files import write_yaml


def write_programme(facts: ProgrammeFacts) -> bytes:
    """The YAML file of a programme."""
    return write_yaml(programme_data(facts)).encode()


def programme_data(facts: ProgrammeFacts) -> dict[str, Any]:
    """The plain values that `programme_from` reads again; what is empty is left out."""
    hour = facts.academic_hour_minutes
    rules = facts.certificate
    data: dict[str, Any] = {
        "code": facts.code,
        "titles": filled(facts.titles),
        "summaries": filled(facts.summaries),
        "academic_hour_minutes": hour,
        "promised_hours": _hours_value(facts.promised_minutes, hour),
        "certificate": {
            "threshold_percent": rules.threshold_percent,
            "feedback_required": rules.feedback_required,
            "name_confirmed": rules.name_confirmed,
            "excused_earns_hours": rules.excused_earns_hours,
            "series": rules.series,
            "languages": list(rules.languages),
        },
        "partners": [partner_data(partner) for partner in facts.partners],
        "signatories": [
            _full(
                organisation=signatory.organisation,
                names=filled(signatory.names),
                offices=filled(signatory.offices),
            )
            for signatory in facts.signatories
        ],
        "modules": [
            _full(
                code=module.code,
                titles=filled(module.titles),
                hours=_hours_value(module.minutes, hour),
                outcomes=[filled(outcome) for outcome in module.outcomes],
            )
            for module in facts.modules
        ],
    }
    return _full(**data)


def partner_data(partner: PartnerFacts) -> dict[str, Any]:
    """One partner as plain values."""
    organisation = partner.organisation
    mark = _full(letters=organisation.mark_letters)
    if organisation.mark_letters or organisation.mark_colour != DEFAULT_COLOUR:
        mark["colour"] = organisation.mark_colour
    return _full(
        code=organisation.code,
        part=str(partner.part),
        names=filled(organisation.names),
        short_name=organisation.short_name,
        country=organisation.country,
        city=filled(organisation.city),
        kind=str(organisation.kind),
        sector=organisation.sector,
        mark=mark,
    )


def _full(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in ("", {}, [], None)}


def _hours_value(minutes: Minutes, hour: Minutes) -> int | float | str:
    """Hours as a person writes them: 6, 1.5, and 1/3 where no decimal is exact."""
    hours = academic(minutes, hour)
    if hours.denominator == 1:
        return int(hours)
    decimal = Fraction(str(float(hours)))
    has_few_places = len(str(float(hours)).partition(".")[2]) <= 6
    if decimal == hours and has_few_places:
        return float(hours)
    return f"{hours.numerator}/{hours.denominator}"
