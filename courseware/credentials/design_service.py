"""How the certificates of a programme look: a preview made out to nobody, and what is kept."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

import certificates
from certificates.wording import TEXTS, usual_text
from courseware.accounts.models import User
from courseware.credentials.design_rules import SAMPLE_NAMES, Look, Sample
from courseware.credentials.paper_service import (
    PREVIEW_NUMBER,
    partner_of,
    print_facts,
    verification_address,
)
from courseware.credentials.room_service import design_called
from courseware.operating import Finding, check
from courseware.partners.models import Organisation
from courseware.partners.rules import Part
from courseware.programmes import service as programmes
from courseware.programmes.models import Programme
from courseware.programmes.plain_rules import programme_data, programme_from
from courseware.programmes.rules import DESIGNS, ProgrammeFacts
from courseware.texts import clean_line

MOST_PARTNERS = 4


@check
def _designs_are_complete() -> Iterator[Finding]:
    for name in certificates.list_designs():
        try:
            certificates.read_design(name)
        except certificates.DesignIncomplete as error:
            yield False, str(error)
            return
    yield True, "The designs of certificates have their fonts and art."


def look_of(programme: Programme) -> Look:
    """What the programme's certificates look like now; a design that is gone can be exchanged."""
    design = programme.design if programme.design in DESIGNS else DESIGNS[0]
    return Look(design, programme.accent, programme.design_texts)


def own_ink(design: str) -> str:
    """The colour that a design has by itself."""
    return design_called(design).accent


def usual_texts(programme: Programme) -> Mapping[str, Mapping[str, str]]:
    """What stands on the certificate where nothing is worded anew: by key, by its languages."""
    return {
        key: {language: usual_text(key, language) for language in programme.certificate_languages}
        for key in TEXTS
    }


def organisations_on_paper(programme: Programme) -> list[Organisation]:
    """The organisations whose logos are printed, in order, each once."""
    found = [
        partner.organisation
        for partner in programme.partners
        if partner.part in (Part.LEAD, Part.HOST)
    ]
    return list(dict.fromkeys(found))[:MOST_PARTNERS]


def with_look(programme: Programme, look: Look) -> ProgrammeFacts:
    """The programme as it would be with this look. Raises WrongProgramme with every problem."""
    data = programme_data(programmes.facts_of(programme))
    texts = {
        key: {language: clean_line(text) for language, text in said.items() if clean_line(text)}
        for key, said in look.texts.items()
    }
    data["certificate"] = {
        **data["certificate"],
        "design": look.design,
        "accent": look.accent,
        "texts": {key: said for key, said in texts.items() if said},
    }
    return programme_from(data)


def save_look(programme: Programme, look: Look, *, by: User | None, now: datetime) -> bool:
    """Keep this look; whether it is another than before. Raises WrongProgramme."""
    _, is_changed = programmes.save_programme(
        with_look(programme, look), programme=programme, by=by, now=now
    )
    return is_changed


def print_sample(
    programme: Programme, look: Look, *, sample: Sample, is_statement: bool, today: date
) -> bytes:
    """A certificate of this programme with this look, made out to nobody, without a number.

    Raises WrongProgramme where the look cannot be, Refused where it cannot be printed.
    """
    rules = with_look(programme, look).certificate
    latin, native = SAMPLE_NAMES[sample]
    modules = tuple(
        certificates.ModuleRow(
            titles=module.titles,
            minutes=module.planned_minutes,
            credited=module.planned_minutes // 2 if is_statement else module.planned_minutes,
            outcomes=tuple(module.outcomes),
        )
        for module in programme.modules
    )
    facts = certificates.CertificateFacts(
        number=PREVIEW_NUMBER,
        issued_on=today,
        verification_url=verification_address(PREVIEW_NUMBER),
        languages=tuple(programme.certificate_languages),
        recipient=certificates.Recipient(latin=latin, native=native),
        programme=programme.titles,
        minutes=programme.planned_minutes or programme.promised_minutes,
        academic_hour_minutes=programme.academic_hour_minutes,
        delivered_from=today - timedelta(days=30),
        delivered_to=today,
        cohort={},
        partners=tuple(partner_of(each) for each in organisations_on_paper(programme)),
        signatories=tuple(
            certificates.Signatory(
                each.names,
                each.offices,
                each.organisation.names,
                signature=each.signature_sha256 or "",
            )
            for each in programme.signatories
        ),
        modules=modules,
        credited=sum(module.credited or 0 for module in modules),
        kind="statement" if is_statement else "certificate",
        design=rules.design,
        accent=rules.accent,
        texts=rules.texts,
        participation=str(programme.participation),
        assessment=str(programme.assessment),
    )
    return print_facts(facts)
