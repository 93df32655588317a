"""Spreadsheets of participants: the empty one to fill in, and who is enrolled."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from courseware.accounts.rules import Gender
from courseware.cohorts.models import Cohort, Enrolment
from courseware.cohorts.word_rules import COLUMNS
from courseware.partners.rules import OrganisationKind
from courseware.tables import Cell, Sheet, write_csv, write_xlsx
from courseware.texts import LANGUAGE_NAMES, choose

_FIELDS = (
    "name_latin", "name_native", "email", "organisation", "organisation_kind", "country",
    "position", "gender", "language",
)  # fmt: skip
HEADER = tuple(COLUMNS[name][0] for name in _FIELDS)
_WIDTHS = (28, 28, 30, 36, 18, 10, 26, 18, 10)
_GENDER_WORDS = {Gender.UNDISCLOSED: "prefer not to say"}
_KIND_WORDS = {OrganisationKind.PUBLIC_BODY: "public body"}


def template_sheet() -> bytes:
    """The empty list with all columns, and a second sheet that says what they take."""
    genders = ", ".join(_GENDER_WORDS.get(gender, str(gender)) for gender in Gender)
    kinds = ", ".join(_KIND_WORDS.get(kind, str(kind)) for kind in OrganisationKind)
    notes = [
        ("name (Latin)", "as in the passport; this or the next one is needed"),
        ("name (native)", "in Cyrillic, as the person writes it"),
        ("e-mail", "by it people are recognised; each stands once in the list"),
        ("organisation", "where the person works or studies"),
        ("organisation kind", kinds),
        ("country", "name or two letters: KZ, TJ"),
        ("position", "may stay empty"),
        ("gender", f"as the person says; may stay empty: {genders}"),
        ("language", ", ".join(f"{code} ({name})" for code, name in LANGUAGE_NAMES.items())),
        ("", "Russian headings are understood as well: ФИО, имя латиницей, эл. почта …"),
    ]
    return write_xlsx(
        Sheet("Participants", HEADER, [], widths=_WIDTHS),
        Sheet("How to fill it in", ("column", "what it takes"), notes, widths=(22, 90)),
    )


def _rows(cohort: Cohort, enrolments: Iterable[Enrolment]) -> Iterable[list[Cell]]:
    zone = ZoneInfo(cohort.timezone)
    for enrolment in enrolments:
        user, organisation = enrolment.user, enrolment.organisation
        enrolled_on: date = enrolment.enrolled_at.astimezone(zone).date()
        kind = organisation.kind if organisation else None
        yield [
            user.name_latin,
            user.name_native,
            user.email or "",
            choose(organisation.names) if organisation else "",
            _KIND_WORDS.get(kind, str(kind)) if kind else "",
            organisation.country if organisation else "",
            enrolment.position,
            _GENDER_WORDS.get(user.gender, str(user.gender)) if user.gender else "",
            user.language or "",
            enrolled_on,
        ]


def participants_xlsx(cohort: Cohort, enrolments: Iterable[Enrolment]) -> bytes:
    """Who is enrolled, as a workbook that can be imported again."""
    header = (*HEADER, "enrolled on")
    rows = list(_rows(cohort, enrolments))
    return write_xlsx(Sheet(cohort.code, header, rows, widths=(*_WIDTHS, 12)))


def participants_csv(cohort: Cohort, enrolments: Iterable[Enrolment]) -> bytes:
    """Who is enrolled, as CSV that can be imported again."""
    return write_csv((*HEADER, "enrolled on"), _rows(cohort, enrolments))
