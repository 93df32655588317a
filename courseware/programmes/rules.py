"""What a programme says and when it may be released."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from courseware.hours import Minutes, written_hours
from courseware.messages import Message
from courseware.partners.rules import COLOUR, OrganisationFacts, Part
from courseware.texts import Texts

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
SERIES = re.compile(r"(?:[A-Za-z0-9 ./_-]|\{year\}|\{number(?::0[2-9])?\})+")
MOST_MODULES = 100
MOST_MINUTES = 60 * 10_000
MOST_CORRECTION_DAYS = 3_650
MOST_REGISTER_DAYS = 365
MOST_REMINDER_HOURS = 720
LEAST_LIMIT, MOST_LIMIT = 10, 50

DEFAULT_SERIES = "{year}-{number:04}"


class Participation(StrEnum):
    """How people take part, as the European recommendation on micro-credentials asks."""

    ON_SITE = "on_site"
    ONLINE = "online"
    BLENDED = "blended"


class AssessmentKind(StrEnum):
    """What the certificate rests on, as the European recommendation asks."""

    ATTENDANCE = "attendance"
    ASSIGNMENT = "assignment"
    EXAM = "exam"


@dataclass(frozen=True)
class PartnerFacts:
    """An organisation and its part in the programme."""

    organisation: OrganisationFacts
    part: Part


@dataclass(frozen=True)
class SignatoryFacts:
    """Whose name stands on the certificate; `organisation` is a partner's code."""

    organisation: str
    names: Texts
    offices: Texts


@dataclass(frozen=True)
class ModuleFacts:
    """One module with its planned contact time."""

    code: str
    titles: Texts
    minutes: Minutes
    outcomes: tuple[Texts, ...] = ()


DESIGNS = ("academic", "modern", "bilingual")
"""The designs that a certificate can have, as `certificates` calls them."""

DESIGN_TEXTS = {
    "heading": 40,
    "subtitle": 70,
    "before_name": 60,
    "after_name": 90,
    "closing": 200,
}
"""What may be worded anew on a certificate, and how many characters have room in every design."""

LEAST_CONTRAST = Fraction(9, 2)


@dataclass(frozen=True)
class CertificateRules:
    """What a participant needs for the certificate, who agrees to it, and how it is printed.

    With `agreement_required`, every lead and host agrees to the list before it is issued. With
    `statements_allowed`, whoever does not reach the certificate gets a statement of attendance.
    A mistake in spelling is corrected within `correction_days` of the issue. `design` with its
    ink `accent` (the design's own where empty) and `texts` worded anew are how it looks.
    """

    threshold_percent: int = 80
    feedback_required: bool = False
    name_confirmed: bool = True
    excused_earns_hours: bool = False
    agreement_required: bool = True
    statements_allowed: bool = False
    correction_days: int = 30
    participation: Participation = Participation.BLENDED
    assessment: AssessmentKind = AssessmentKind.ATTENDANCE
    series: str = DEFAULT_SERIES
    languages: tuple[str, ...] = ("en",)
    design: str = "academic"
    accent: str = ""
    texts: Mapping[str, Texts] = field(default_factory=dict)


@dataclass(frozen=True)
class AttendanceRules:
    """How registers are kept. Nought means never.

    A register closes by itself `register_days` after its session; its trainers are reminded of it
    `reminder_hours` after; for `review_days` a participant can ask to have a mark looked at again.
    With `warn_participants`, whoever falls below the hours needed is told by mail.
    """

    register_days: int = 14
    reminder_hours: int = 3
    review_days: int = 14
    warn_participants: bool = False


@dataclass(frozen=True)
class FeedbackRules:
    """What is made of feedback. A mean under `limit`, in tenths of a scale from 1 to 5, is low."""

    limit: int = 35


@dataclass(frozen=True)
class ProgrammeFacts:
    """Everything a programme file says."""

    code: str
    titles: Texts
    promised_minutes: Minutes
    academic_hour_minutes: Minutes = 45
    summaries: Texts = field(default_factory=dict)
    certificate: CertificateRules = CertificateRules()
    attendance: AttendanceRules = AttendanceRules()
    feedback: FeedbackRules = FeedbackRules()
    partners: tuple[PartnerFacts, ...] = ()
    signatories: tuple[SignatoryFacts, ...] = ()
    modules: tuple[ModuleFacts, ...] = ()

    @property
    def planned_minutes(self) -> Minutes:
        """The sum of the modules."""
        return sum(module.minutes for module in self.modules)


@dataclass(frozen=True)
class Problem:
    """Something wrong at one place of a programme, such as `modules[2].hours`."""

    path: str
    message: Message


class WrongProgramme(ValueError):
    """The values do not make a programme; `problems` name every place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class HoursBalance:
    """The sum of the modules beside what the programme promises."""

    planned: Minutes
    promised: Minutes
    academic_hour: Minutes

    @property
    def difference(self) -> Minutes:
        """Positive where the modules have more than is promised."""
        return self.planned - self.promised

    @property
    def is_even(self) -> bool:
        """Whether the modules add up to the promise."""
        return self.planned == self.promised

    @property
    def message(self) -> Message:
        """The sentence under the figures."""
        values = {
            "planned": written_hours(self.planned, self.academic_hour),
            "promised": written_hours(self.promised, self.academic_hour),
            "difference": written_hours(abs(self.difference), self.academic_hour),
        }
        if self.is_even:
            return Message("The modules add up to the promised %(promised)s hours.", **values)
        if self.difference > 0:
            return Message(
                "The modules add up to %(planned)s hours: %(difference)s more than "
                "the promised %(promised)s.",
                **values,
            )
        return Message(
            "The modules add up to %(planned)s hours: %(difference)s fewer than "
            "the promised %(promised)s.",
            **values,
        )


def release_problems(balance: HoursBalance, *, modules: int) -> list[Message]:
    """Why a programme cannot be released; empty where it can."""
    if not modules:
        return [Message("The programme has no modules. Add its modules with their hours first.")]
    if not balance.is_even:
        return [
            balance.message,
            Message("Correct the hours of a module or the promised hours, then release it."),
        ]
    return []


def contrast_with_paper(colour: str) -> Fraction:
    """How a colour such as “#1d3a6b” stands out from white paper, from 1 to 21 (WCAG 2.2)."""
    shares = []
    for at in (1, 3, 5):
        share = int(colour[at : at + 2], 16) / 255
        shares.append(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
    red, green, blue = shares
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return Fraction(1.05) / Fraction(light + 0.05)


def accent_problem(accent: str) -> Message | None:
    """Why this cannot be the ink of a certificate; None where it can, or is empty."""
    if not accent:
        return None
    if not COLOUR.fullmatch(accent):
        return Message("Write a colour as “#1d3a6b”, in quotation marks.")
    contrast = contrast_with_paper(accent)
    if contrast < LEAST_CONTRAST:
        return Message(
            "This colour is too light to be read on paper: its contrast is %(contrast)s to 1, and "
            "at least 4.5 is needed. Choose a darker one.",
            contrast=f"{float(contrast):.1f}",
        )
    return None


def series_problem(series: str) -> Message | None:
    """Why `series` is no pattern for certificate numbers; None where it is one."""
    if not SERIES.fullmatch(series) or series.count("{number") != 1 or len(series) > 60:
        return Message(
            "“%(value)s” is not a number series. Write letters, digits, “-”, “/” and exactly one "
            "{number} or {number:04}; {year} stands for the year, as in EKTU-{year}-{number:04}.",
            value=series[:80],
        )
    return None


def check_partners(
    partners: Sequence[PartnerFacts],
    signatories: Sequence[SignatoryFacts],
    problems: list[Problem],
) -> None:
    """Add what is wrong between partners and signatories to `problems`."""
    known: dict[str, OrganisationFacts] = {}
    parts: set[tuple[str, Part]] = set()
    for n, partner in enumerate(partners, start=1):
        code = partner.organisation.code
        if not code:
            continue
        if known.setdefault(code, partner.organisation) != partner.organisation:
            problems.append(
                Problem(
                    f"partners[{n}].code",
                    Message("“%(code)s” is described twice, and differently.", code=code),
                )
            )
        if (code, partner.part) in parts:
            problems.append(
                Problem(
                    f"partners[{n}].part",
                    Message("“%(code)s” has this part twice.", code=code),
                )
            )
        parts.add((code, partner.part))
    for n, signatory in enumerate(signatories, start=1):
        if signatory.organisation and signatory.organisation not in known:
            problems.append(
                Problem(
                    f"signatories[{n}].organisation",
                    Message(
                        "“%(code)s” is not the code of a partner of this programme.",
                        code=signatory.organisation,
                    ),
                )
            )


def check_modules(modules: Sequence[ModuleFacts], problems: list[Problem]) -> None:
    """Add module codes that are given twice to `problems`."""
    seen: dict[str, int] = {}
    for n, module in enumerate(modules, start=1):
        first = seen.setdefault(module.code.casefold(), n)
        if module.code and first != n:
            problems.append(
                Problem(
                    f"modules[{n}].code",
                    Message(
                        "“%(code)s” is the code of modules[%(first)s] already.",
                        code=module.code,
                        first=first,
                    ),
                )
            )
