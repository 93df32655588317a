"""What a certificate of a cohort says, from programme and person, and printing it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import selectinload

import certificates
from courseware.attendance.ledger_rules import HeldSession, ParticipantLedger
from courseware.cohorts.models import Cohort, Enrolment
from courseware.credentials.models import Credential
from courseware.credentials.rules import CredentialKind, CredentialState
from courseware.db import db
from courseware.errors import Refused
from courseware.files import FileMissing
from courseware.images import read_picture
from courseware.messages import Message
from courseware.partners.models import Organisation
from courseware.partners.rules import Part
from courseware.programmes.models import Programme
from courseware.texts import choose

PREVIEW_NUMBER = "PREVIEW"


@dataclass(frozen=True)
class Paper:
    """What is the same on every certificate of a cohort, read once."""

    cohort: Cohort
    programme: Programme
    first_day: date
    last_day: date

    @property
    def notes(self) -> tuple[Message, ...]:
        """What is worth knowing before anything is printed, and stops nothing."""
        missing = [
            choose(each.names, self.programme.certificate_languages[0])
            for each in self.programme.signatories
            if not each.signature_sha256
        ]
        if not missing:
            return ()
        return (
            Message(
                "There is no signature image of %(names)s: the line stays empty, to be signed by "
                "hand.",
                names=", ".join(missing),
            ),
        )

    def facts(
        self,
        enrolment: Enrolment,
        ledger: ParticipantLedger,
        *,
        now: datetime,
        number: str = PREVIEW_NUMBER,
        code: str = PREVIEW_NUMBER,
        kind: CredentialKind = CredentialKind.CERTIFICATE,
        supersedes: str = "",
    ) -> certificates.CertificateFacts:
        """What the certificate of this participant says."""
        credited = {line.module_id: line.credited for line in ledger.modules}
        programme = self.programme
        return certificates.CertificateFacts(
            number=number,
            issued_on=now.astimezone(ZoneInfo(self.cohort.timezone)).date(),
            verification_url=verification_address(code),
            languages=tuple(programme.certificate_languages),
            recipient=certificates.Recipient(
                latin=enrolment.user.name_latin, native=enrolment.user.name_native
            ),
            programme=programme.titles,
            minutes=programme.planned_minutes,
            credited=ledger.credited,
            academic_hour_minutes=programme.academic_hour_minutes,
            delivered_from=self.first_day,
            delivered_to=self.last_day,
            cohort={"en": self.cohort.code},
            partners=tuple(
                partner_of(each.organisation)
                for each in programme.partners
                if each.part in (Part.LEAD, Part.HOST)
            )[:4],
            signatories=tuple(
                certificates.Signatory(
                    each.names,
                    each.offices,
                    each.organisation.names,
                    signature=each.signature_sha256 or "",
                )
                for each in programme.signatories
            ),
            modules=tuple(
                certificates.ModuleRow(
                    titles=module.titles,
                    minutes=module.planned_minutes,
                    credited=credited.get(module.id, 0),
                    outcomes=tuple(module.outcomes),
                )
                for module in programme.modules
            ),
            kind=str(kind),
            design=programme.design,
            accent=programme.accent,
            texts=programme.design_texts,
            supersedes=supersedes,
            participation=str(programme.participation),
            assessment=str(programme.assessment),
        )


def paper_of(cohort: Cohort, sessions: Sequence[HeldSession]) -> Paper:
    programme = db.session.scalars(
        select(Programme)
        .where(Programme.id == cohort.programme_id)
        .options(
            selectinload(Programme.modules),
            selectinload(Programme.partners),
            selectinload(Programme.signatories),
        )
    ).one()
    zone = ZoneInfo(cohort.timezone)
    held = [each.time for each in sessions if each.has_ended] or [each.time for each in sessions]
    first_day = min((each.start.astimezone(zone).date() for each in held), default=cohort.starts_on)
    last_day = max((each.end.astimezone(zone).date() for each in held), default=first_day)
    return Paper(cohort, programme, first_day, last_day)


def missing_pictures(paper: Paper) -> tuple[Message, ...]:
    """Logos and signatures that the paper names and the store has lost."""
    named = [
        (each.organisation.logo_sha256, each.organisation.names)
        for each in paper.programme.partners
        if each.part in (Part.LEAD, Part.HOST)
    ] + [(each.signature_sha256, each.names) for each in paper.programme.signatories]
    missing = []
    for sha256, names in named:
        try:
            if sha256:
                read_picture(sha256)
        except FileMissing:
            missing.append(
                Message(
                    "The picture of %(name)s is lost. Upload the logo or signature again.",
                    name=choose(names, "en"),
                )
            )
    return tuple(missing)


def partner_of(organisation: Organisation) -> certificates.Partner:
    """An organisation as it stands on the paper."""
    letters = organisation.mark_letters or organisation.short_name[:2] or "·"
    colour = organisation.mark_colour
    return certificates.Partner(
        names=organisation.names,
        letters=letters,
        colour=colour if re.fullmatch(r"#[0-9a-fA-F]{6}", colour) else "#1d3a6b",
        country=organisation.country,
        city=organisation.city,
        logo=organisation.logo_sha256 or "",
    )


def print_facts(
    facts: certificates.CertificateFacts,
    attachments: Sequence[certificates.Attachment] = (),
    seal: certificates.Seal | None = None,
) -> bytes:
    """The finished PDF. Raises Refused with a sentence where it cannot be printed."""
    try:
        press = certificates.press_of_this_thread(
            facts.design,
            facts.languages,
            images=read_picture,
            seal=seal,
            keep=current_app.config["SETTINGS"].var / "templates",
        )
        return press.print(facts, attachments=attachments)
    except certificates.DesignIncomplete as error:
        raise Refused(str(error)) from error
    except certificates.CannotPrint as refusal:
        first = refusal.problems[0]
        raise Refused(Message(first.sentence, **first.values)) from refusal
    except FileMissing as error:
        raise Refused(
            Message("A logo or signature of the certificate is lost. Upload it again.")
        ) from error


def verification_address(code: str) -> str:
    """The address in the QR code."""
    return f"{current_app.config['SETTINGS'].base_url}/verify/{code}"


def state_of(credential: Credential) -> CredentialState:
    """Whether the credential is in force."""
    if credential.revocation is not None:
        return CredentialState.REVOKED
    successor = credential.superseded_by
    if successor is not None and successor.issued_at is not None:
        return CredentialState.SUPERSEDED
    return CredentialState.VALID if credential.issued_at else CredentialState.PRINTING
