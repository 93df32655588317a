"""Decisions about credentials: who has earned one, how it is numbered, what its state is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter

from courseware.messages import Message


class BatchState(StrEnum):
    """How far an act of issuing has come."""

    QUEUED = "queued"
    PRINTING = "printing"
    DONE = "done"


class Mailing(StrEnum):
    """How participants are told of their certificates."""

    LINK = "link"
    FILE = "file"
    NONE = "none"


class CredentialKind(StrEnum):
    """What a credential says: the programme completed, or hours attended without completing it."""

    CERTIFICATE = "certificate"
    STATEMENT = "statement"


class CredentialState(StrEnum):
    """What a credential is worth."""

    PRINTING = "printing"
    VALID = "valid"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class Decision(StrEnum):
    """What an approver said of a list of certificates."""

    AGREED = "agreed"
    RETURNED = "returned"


class LeafKind(StrEnum):
    """What a leaf of the transparency log bears witness to."""

    ISSUED = "issued"
    DUPLICATED = "duplicated"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class Verdict(StrEnum):
    """What can be done for one participant now, most urgent first."""

    NEEDS_YOU = "needs_you"
    READY = "ready"
    AWAITS_AGREEMENT = "awaits_agreement"
    PRINTING = "printing"
    NOT_ELIGIBLE = "not_eligible"
    ISSUED = "issued"
    REVOKED = "revoked"


class Requirement(StrEnum):
    """What a programme asks before it gives a certificate."""

    HOURS = "hours"
    FEEDBACK = "feedback"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one participant when the certificate is asked for. Times are minutes.

    `feedback_asked` counts the course questionnaires put to the cohort, `feedback_given` those
    this participant answered, `feedback_closed` those that closed without their answer.
    `to_come` are minutes of sessions that have not ended, `unmarked` those that nobody marked.
    """

    planned: int
    needed: int
    credited: int
    reachable: int
    threshold_percent: int
    academic_hour_minutes: int
    feedback_required: bool = False
    feedback_asked: int = 0
    feedback_given: int = 0
    feedback_closed: int = 0
    to_come: int = 0
    unmarked: int = 0
    name_confirmation_required: bool = False
    name_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Unmet:
    """A requirement that is not met yet: in words, and whether it still can be."""

    requirement: Requirement
    can_still_be_met: bool
    message: Message


def unmet_requirements(evidence: Evidence) -> tuple[Unmet, ...]:
    """Every requirement that is not met; none means eligible."""
    return tuple(
        unmet
        for unmet in (_hours(evidence), _feedback(evidence), _name(evidence))
        if unmet is not None
    )


def _hours(evidence: Evidence) -> Unmet | None:
    if evidence.credited >= evidence.needed:
        return None
    hour = evidence.academic_hour_minutes
    values = {
        "credited": hours_text(evidence.credited, hour),
        "needed": hours_text(evidence.needed, hour),
        "percent": evidence.threshold_percent,
        "reachable": hours_text(evidence.reachable, hour),
    }
    if evidence.reachable >= evidence.needed:
        message = Message(
            "%(credited)s h credited, %(needed)s h needed (%(percent)s %% of the programme). "
            "Up to %(reachable)s h can still be reached.",
            **values,
        )
        return Unmet(Requirement.HOURS, True, message)
    message = Message(
        "%(credited)s h credited, %(needed)s h needed (%(percent)s %% of the programme). "
        "At most %(reachable)s h can still be reached, so it is no longer possible.",
        **values,
    )
    return Unmet(Requirement.HOURS, False, message)


def _feedback(evidence: Evidence) -> Unmet | None:
    if not evidence.feedback_required:
        return None
    if evidence.feedback_asked == 0:
        return Unmet(
            Requirement.FEEDBACK,
            True,
            Message("Feedback on the course is required; it has not been asked for yet."),
        )
    if evidence.feedback_given >= evidence.feedback_asked:
        return None
    if evidence.feedback_closed:
        return Unmet(
            Requirement.FEEDBACK,
            False,
            Message("Feedback on the course was not given before it closed."),
        )
    return Unmet(
        Requirement.FEEDBACK, True, Message("Feedback on the course has not been given yet.")
    )


def _name(evidence: Evidence) -> Unmet | None:
    if not evidence.name_confirmation_required or evidence.name_confirmed:
        return None
    return Unmet(
        Requirement.NAME,
        True,
        Message("The participant has not confirmed how the name is printed."),
    )


def kind_of(
    evidence: Evidence, unmet: Iterable[Unmet], *, statements_allowed: bool
) -> CredentialKind:
    """What this participant is on the way to: the certificate, or a statement of attendance.

    A statement is for whoever has hours and can no longer reach the certificate, once nothing can
    be added to the hours: it says what was really credited, and must not be outdated at once.
    """
    out_of_reach = any(not each.can_still_be_met for each in unmet)
    is_final = evidence.credited >= evidence.reachable or not (
        evidence.to_come or evidence.unmarked
    )
    if statements_allowed and out_of_reach and is_final and evidence.credited > 0:
        return CredentialKind.STATEMENT
    return CredentialKind.CERTIFICATE


def may_replace(
    state: CredentialState, has: CredentialKind, earns: CredentialKind, unmet: Iterable[Unmet]
) -> bool:
    """Whether a certificate earned later takes the place of a statement of attendance."""
    return (
        state == CredentialState.VALID
        and has == CredentialKind.STATEMENT
        and earns == CredentialKind.CERTIFICATE
        and not any(True for _ in unmet)
    )


def verdict_of(
    state: CredentialState | None,
    unmet: Iterable[Unmet],
    problems: Iterable[Message],
    *,
    kind: CredentialKind = CredentialKind.CERTIFICATE,
    is_agreed: bool = True,
) -> Verdict:
    """What can be done now, from the credential there may be, what is unmet and what is wrong.

    Only missing hours and feedback that can no longer be given put a participant among those
    who are not eligible; everything else is something that somebody can do today. For a statement
    of attendance only the name counts. What is in order still waits for the partners' agreement.
    """
    if state is not None:
        return Verdict[{"VALID": "ISSUED", "SUPERSEDED": "ISSUED"}.get(state.name, state.name)]
    unmet = tuple(unmet)
    if kind == CredentialKind.STATEMENT:
        unmet = tuple(each for each in unmet if each.requirement == Requirement.NAME)
    elif any(each.requirement == Requirement.HOURS or not each.can_still_be_met for each in unmet):
        return Verdict.NOT_ELIGIBLE
    if unmet or any(True for _ in problems):
        return Verdict.NEEDS_YOU
    return Verdict.READY if is_agreed else Verdict.AWAITS_AGREEMENT


LONGEST_REASON = 400


def reason_problem(reason: str) -> Message | None:
    """Why `reason` cannot stand in a history that everybody may read; None when it can."""
    if not reason:
        return Message("Give a reason: it is shown to everybody who verifies.")
    if len(reason) > LONGEST_REASON:
        return Message("The reason is longer than %(most)s characters.", most=LONGEST_REASON)
    return None


_PLAIN = re.compile(r"[A-Za-z0-9./ _-]*")
_WIDTH = re.compile(r"0?[1-9]|")
LONGEST_SERIES = 60


def series_problem(pattern: str) -> Message | None:
    """Why `pattern` cannot number certificates; None when it can.

    A pattern has the serial number once, as `{number}` or `{number:04}`, and may have `{year}`.
    """
    wrong = Message(
        "“%(pattern)s” cannot number certificates. Use letters, digits, - . / and spaces with "
        "{number:04} once and, if you like, {year}: for example EKTU-TSUC-{year}-{number:04}.",
        pattern=pattern,
    )
    if len(pattern) > LONGEST_SERIES:
        return wrong
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError:
        return wrong
    fields = [field for _, field, _, _ in parts if field is not None]
    is_plain = all(_PLAIN.fullmatch(text) for text, _, _, _ in parts)
    widths_are_known = all(
        (_WIDTH.fullmatch(width or "") and not conversion)
        if field == "number"
        else not (width or conversion)
        for _, field, width, conversion in parts
        if field is not None
    )
    known = fields.count("number") == 1 and set(fields) <= {"number", "year"}
    return None if is_plain and known and widths_are_known else wrong


def series_name(pattern: str, year: int) -> str:
    """The series that a certificate of `year` belongs to: serial numbers run within it."""
    return pattern.replace("{year}", str(year))


def number_in(series: str, serial: int) -> str:
    """The printed number of the certificate that is `serial` in its series."""
    return series.format(number=serial)


def hours_text(minutes: int, academic_hour_minutes: int) -> str:
    """Academic hours for a sentence: cut, never rounded up, so that nobody seems to have enough."""
    hundredths = minutes * 100 // academic_hour_minutes
    return f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".")


def download_name(number: str, person: str) -> str:
    """A file name made of number and person that every system accepts; case is kept."""
    kept = "".join(c if c.isalnum() or c in " -'’" else " " for c in person)
    shortened = " ".join(kept.split())[:80].strip()
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', number)} {shortened}".strip() + ".pdf"


def initials(name: str) -> str:
    """A name of which only the first letters are shown: `J. G.`"""
    return " ".join(f"{part[0]}." for part in re.split(r"[\s-]+", name) if part)
