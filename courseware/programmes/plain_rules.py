"""A programme as plain values, as in its file and in its forms, and back, with every error."""

from fractions import Fraction
from typing import Any

from courseware.hours import ACADEMIC_HOURS, Minutes, academic
from courseware.messages import Message
from courseware.partners.rules import (
    COLOUR,
    COUNTRY,
    DEFAULT_COLOUR,
    OrganisationFacts,
    OrganisationKind,
    Part,
)
from courseware.programmes.field_rules import Fields, read_texts
from courseware.programmes.rules import (
    DESIGN_TEXTS,
    DESIGNS,
    LEAST_LIMIT,
    MOST_CORRECTION_DAYS,
    MOST_LIMIT,
    MOST_MODULES,
    MOST_REGISTER_DAYS,
    MOST_REMINDER_HOURS,
    AssessmentKind,
    AttendanceRules,
    CertificateRules,
    FeedbackRules,
    ModuleFacts,
    Participation,
    PartnerFacts,
    Problem,
    ProgrammeFacts,
    SignatoryFacts,
    WrongProgramme,
    accent_problem,
    check_modules,
    check_partners,
    series_problem,
)
from courseware.texts import LANGUAGES, Texts, filled


def programme_from(data: Any) -> ProgrammeFacts:
    """The programme that plain values describe, or WrongProgramme with every problem found."""
    problems: list[Problem] = []
    fields = Fields(data, "", problems)
    code = fields.code("code")
    titles = fields.texts("titles", most=300, required=True)
    summaries = fields.texts("summaries", most=2_000, lines=True)
    hour = fields.whole("academic_hour_minutes", 45, 1, 999)
    if hour not in ACADEMIC_HOURS:
        fields.wrong("academic_hour_minutes", Message("An academic hour has 45, 50 or 60 minutes."))
        hour = 45
    promised = fields.minutes("promised_hours", hour)
    certificate = _certificate_from(fields.value("certificate"), problems)
    attendance = _attendance_from(fields.value("attendance"), problems)
    feedback = _feedback_from(fields.value("feedback"), problems)
    partners = tuple(
        _partner_from(item, path, problems) for item, path in fields.items("partners", 20)
    )
    signatories = tuple(
        _signatory_from(item, path, problems) for item, path in fields.items("signatories", 10)
    )
    modules = tuple(
        _module_from(item, path, hour, problems)
        for item, path in fields.items("modules", MOST_MODULES)
    )
    fields.done()
    check_partners(partners, signatories, problems)
    check_modules(modules, problems)
    if problems:
        raise WrongProgramme(problems)
    return ProgrammeFacts(
        code=code,
        titles=titles,
        promised_minutes=promised,
        academic_hour_minutes=hour,
        summaries=summaries,
        certificate=certificate,
        attendance=attendance,
        feedback=feedback,
        partners=partners,
        signatories=signatories,
        modules=modules,
    )


def _certificate_from(data: Any, problems: list[Problem]) -> CertificateRules:
    fields = Fields(data if data is not None else {}, "certificate", problems)
    default = CertificateRules()
    series = fields.line("series", most=80) or default.series
    if problem := series_problem(series):
        fields.wrong("series", problem)
    languages = fields.value("languages")
    if languages is None:
        languages = list(default.languages)
    if isinstance(languages, str):
        languages = [languages]
    if (
        not isinstance(languages, list)
        or not 1 <= len(languages) <= 2
        or any(language not in LANGUAGES for language in languages)
        or len(set(languages)) < len(languages)
    ):
        fields.wrong(
            "languages",
            Message(
                "Write one language, or two to stand side by side, of %(known)s.",
                known=", ".join(LANGUAGES),
            ),
        )
        languages = list(default.languages)
    rules = CertificateRules(
        threshold_percent=fields.whole("threshold_percent", default.threshold_percent, 0, 100),
        feedback_required=fields.flag("feedback_required", default.feedback_required),
        name_confirmed=fields.flag("name_confirmed", default.name_confirmed),
        excused_earns_hours=fields.flag("excused_earns_hours", default.excused_earns_hours),
        agreement_required=fields.flag("agreement_required", default.agreement_required),
        statements_allowed=fields.flag("statements_allowed", default.statements_allowed),
        correction_days=fields.whole(
            "correction_days", default.correction_days, 0, MOST_CORRECTION_DAYS
        ),
        participation=fields.choice("participation", Participation, default.participation),
        assessment=fields.choice("assessment", AssessmentKind, default.assessment),
        series=series,
        languages=tuple(languages),
        design=_design_from(fields),
        accent=_accent_from(fields),
        texts=_worded_from(fields.value("texts"), fields.at("texts"), problems),
    )
    fields.done()
    return rules


def _attendance_from(data: Any, problems: list[Problem]) -> AttendanceRules:
    fields = Fields(data if data is not None else {}, "attendance", problems)
    usual = AttendanceRules()
    rules = AttendanceRules(
        register_days=fields.whole("register_days", usual.register_days, 0, MOST_REGISTER_DAYS),
        reminder_hours=fields.whole("reminder_hours", usual.reminder_hours, 0, MOST_REMINDER_HOURS),
        review_days=fields.whole("review_days", usual.review_days, 0, MOST_REGISTER_DAYS),
        warn_participants=fields.flag("warn_participants", usual.warn_participants),
    )
    fields.done()
    return rules


def _feedback_from(data: Any, problems: list[Problem]) -> FeedbackRules:
    fields = Fields(data if data is not None else {}, "feedback", problems)
    limit = fields.tenths("limit", FeedbackRules().limit, LEAST_LIMIT, MOST_LIMIT)
    fields.done()
    return FeedbackRules(limit)


def _design_from(fields: Fields) -> str:
    design = fields.line("design", most=40) or DESIGNS[0]
    if design not in DESIGNS:
        fields.wrong("design", Message("Write one of: %(known)s.", known=", ".join(DESIGNS)))
        return DESIGNS[0]
    return design


def _accent_from(fields: Fields) -> str:
    accent = fields.line("accent", most=20).lower()
    if problem := accent_problem(accent):
        fields.wrong("accent", problem)
        return ""
    return accent


def _worded_from(data: Any, path: str, problems: list[Problem]) -> dict[str, Texts]:
    fields = Fields(data if data is not None else {}, path, problems)
    found = {key: fields.texts(key, most=most) for key, most in DESIGN_TEXTS.items()}
    fields.done()
    return {key: texts for key, texts in found.items() if texts}


def _partner_from(data: Any, path: str, problems: list[Problem]) -> PartnerFacts:
    fields = Fields(data, path, problems)
    code = fields.code("code")
    part = fields.choice("part", Part)
    names = fields.texts("names", most=300, required=True)
    short_name = fields.line("short_name", most=80)
    country = fields.line("country", most=2).upper()
    if country and not COUNTRY.fullmatch(country):
        fields.wrong("country", Message("Write the country’s two letters, such as KZ or TJ."))
    city = fields.texts("city", most=120)
    kind = fields.choice("kind", OrganisationKind, OrganisationKind.OTHER)
    sector = fields.line("sector", most=120)
    mark = fields.value("mark")
    mark_fields = Fields(mark if mark is not None else {}, fields.at("mark"), problems)
    letters = mark_fields.line("letters", most=4)
    colour = mark_fields.line("colour", most=7) or DEFAULT_COLOUR
    if not COLOUR.fullmatch(colour):
        mark_fields.wrong("colour", Message("Write a colour as “#1d3a6b”, in quotation marks."))
    mark_fields.done()
    fields.done()
    organisation = OrganisationFacts(
        code, names, kind, short_name, country, city, sector, letters, colour
    )
    return PartnerFacts(organisation, part)


def _signatory_from(data: Any, path: str, problems: list[Problem]) -> SignatoryFacts:
    fields = Fields(data, path, problems)
    facts = SignatoryFacts(
        organisation=fields.code("organisation"),
        names=fields.texts("names", most=200, required=True),
        offices=fields.texts("offices", most=200),
    )
    fields.done()
    return facts


def _module_from(data: Any, path: str, hour: Minutes, problems: list[Problem]) -> ModuleFacts:
    fields = Fields(data, path, problems)
    facts = ModuleFacts(
        code=fields.code("code"),
        titles=fields.texts("titles", most=300, required=True),
        minutes=fields.minutes("hours", hour),
        outcomes=tuple(
            read_texts(item, place, problems, most=500, required=True)
            for item, place in fields.items("outcomes", 30)
        ),
    )
    fields.done()
    return facts


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
            "agreement_required": rules.agreement_required,
            "statements_allowed": rules.statements_allowed,
            "correction_days": rules.correction_days,
            "participation": str(rules.participation),
            "assessment": str(rules.assessment),
            "series": rules.series,
            "languages": list(rules.languages),
            "design": rules.design,
            **_full(
                accent=rules.accent,
                texts={key: filled(texts) for key, texts in rules.texts.items()},
            ),
        },
        "attendance": {
            "register_days": facts.attendance.register_days,
            "reminder_hours": facts.attendance.reminder_hours,
            "review_days": facts.attendance.review_days,
            "warn_participants": facts.attendance.warn_participants,
        },
        "feedback": {"limit": facts.feedback.limit / 10},
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
