"""The sign-in sheet as a PDF to print, in one language or in two side by side."""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import date

from flask import render_template
from flask_babel import force_locale
from markupsafe import Markup

from courseware.attendance.paper_service import SignInSheet
from courseware.cohorts.models import Cohort
from courseware.files import FileMissing
from courseware.i18n import (
    _,
    capitalised,
    hours,
    language,
    long_date,
    time_of_day,
    weekday,
    zone_name,
)
from courseware.images import read_logo
from courseware.qr import qr_svg
from courseware.schedule.models import TrainingSession
from courseware.schedule.rules import TrainerPart
from courseware.texts import LANGUAGES, choose

Said = tuple[Markup, ...]
"""The same thing in each language of the sheet; once where the languages agree."""

COLUMNS = 4
"""So many sessions of a day stand beside each other; what is more gets a sheet of its own."""

EMPTY_LINES = 4
"""For those who came and are not on the list."""


def languages_of(cohort: Cohort, wanted: Sequence[str] = ()) -> list[str]:
    """One language or two: those wanted, else those of the programme's certificates."""
    chosen = [each for each in wanted if each in LANGUAGES] or [
        each for each in cohort.programme.certificate_languages if each in LANGUAGES
    ]
    return list(dict.fromkeys(chosen or ["en"]))[:2]


def sign_in_sheet(
    sheet: SignInSheet, languages: Sequence[str], *, address_of: Callable[[TrainingSession], str]
) -> bytes:
    """The sheet as a tagged PDF; `address_of` gives what a session's QR code opens."""
    # The layout engine takes a second to load; most commands and pages need none.
    from courseware.documents import write_pdf

    logos = _logos(sheet)
    with force_locale(languages[0]):
        return write_pdf(
            sheet_page(sheet, languages, address_of=address_of, logos=logos.keys()),
            render_template("attendance/sheet.css", across=len(sheet.sessions) > 1),
            logos,
        )


def _logos(sheet: SignInSheet) -> dict[str, bytes]:
    """The logos that can be printed, by their hash; one whose file is lost stops no lesson."""
    found = {}
    for partner in sheet.partners:
        with suppress(FileMissing):
            if sha256 := partner.logo_sha256:
                found[sha256] = read_logo(sha256)
    return found


def sheet_page(
    sheet: SignInSheet,
    languages: Sequence[str],
    *,
    address_of: Callable[[TrainingSession], str],
    logos: Collection[str] = (),
) -> str:
    """The sheet as HTML, before it is laid out; in the first language where one must be chosen.

    `logos` are the hashes of those that there is a picture of.
    """
    parts = [
        sheet.sessions[first : first + COLUMNS] for first in range(0, len(sheet.sessions), COLUMNS)
    ]
    return render_template(
        "attendance/sheet.html",
        sheet=sheet,
        logos=logos,
        words=_in_each(languages, _words, sheet),
        parts=[
            [_column(sheet, each, languages, qr=_code(address_of(each))) for each in part]
            for part in parts
        ],
        empty_lines=EMPTY_LINES,
    )


def _in_each(
    languages: Iterable[str], words: Callable[..., dict[str, str]], *values: object
) -> dict[str, Said]:
    """What `words` says, by name, in each language."""
    said: dict[str, dict[str, Markup]] = {}
    for tongue in languages:
        with force_locale(tongue):
            for name, text in words(*values).items():
                kept = said.setdefault(name, {})
                kept.setdefault(text, Markup('<span lang="{}">{}</span>').format(tongue, text))
    return {name: tuple(kept.values()) for name, kept in said.items()}


def _words(sheet: SignInSheet) -> dict[str, str]:
    programme = sheet.cohort.programme
    first = sheet.sessions[0]
    partners = {
        f"partner {number}": _place_and_name(partner.names, partner.city)
        for number, partner in enumerate(sheet.partners)
    }
    return partners | {
        "title": _("Sign-in sheet"),
        "programme": choose(programme.titles, language()),
        "day": _day(sheet.day),
        "zone": zone_name(sheet.cohort.timezone, first.starts_at),
        "number": _("No."),
        "name": _("Name"),
        "organisation": _("Organisation"),
        "signature": _("Signature"),
        "cohort": _("Cohort"),
        "module": _("Module"),
        "session": _("Session"),
        "when": _("When"),
        "where": _("Where"),
        "trainers": _("Trainers"),
        "contact": _("Contact time"),
        "unit": _(
            "An academic hour has %(minutes)s minutes; breaks do not count.",
            minutes=programme.academic_hour_minutes,
        ),
        "not_listed": _("Not on the list"),
        "signed_by_trainer": _("Signature of the trainer"),
        "scan": _("The code opens the page of the session."),
        "lead": _("lead"),
        "co_trainer": _("co-trainer"),
        "enrolled": _("Enrolled: %(count)s", count=len(sheet.people)),
        "signed": _("Signed:"),
    }


def _place_and_name(names: dict[str, str], city: dict[str, str]) -> str:
    parts = (choose(names, language()), choose(city, language()))
    return ", ".join(part for part in parts if part)


def _day(day: date) -> str:
    return f"{capitalised(weekday(day))}, {long_date(day)}"


def _column(
    sheet: SignInSheet, training_session: TrainingSession, languages: Sequence[str], qr: Markup
) -> dict[str, object]:
    """One session as the sheet shows it."""
    zone = sheet.cohort.timezone
    start, end = training_session.starts_at, training_session.ends_at
    pauses = ", ".join(
        f"{time_of_day(each.starts_at, zone)}–{time_of_day(each.ends_at, zone)}"
        for each in training_session.breaks
    )
    trainers = [
        (
            each.user.names or (each.user.name,),
            organisation.short_name or choose(organisation.names, languages[0])
            if (organisation := sheet.teaching_for.get(each.user_id))
            else "",
            "lead" if each.part is TrainerPart.LEAD else "co_trainer",
        )
        for each in training_session.trainers
    ]

    def words() -> dict[str, str]:
        return {
            "title": training_session.title or choose(training_session.module.titles, language()),
            "module": choose(training_session.module.titles, language()),
            "hours": _(
                "%(hours)s academic hours of %(minutes)s minutes",
                hours=hours(
                    training_session.contact_minutes, sheet.cohort.programme.academic_hour_minutes
                ),
                minutes=sheet.cohort.programme.academic_hour_minutes,
            ),
            "pauses": _("Break: %(times)s", times=pauses) if pauses else "",
            "nowhere": _("venue not set yet") if not training_session.link else _("online"),
            "nobody": _("no trainer yet"),
        }

    return {
        "code": training_session.code,
        "module_code": training_session.module.code,
        "times": f"{time_of_day(start, zone)}–{time_of_day(end, zone)}",
        "venues": [
            ", ".join(part for part in (each.venue.name, each.venue.city) if part)
            for each in training_session.venues
        ],
        "trainers": trainers,
        "qr": qr,
        "words": _in_each(languages, words),
    }


def file_name(sheet: SignInSheet) -> str:
    """`COHORT-S01-sign-in-sheet.pdf`, or with the day where it is of a day."""
    only = sheet.sessions[0].code if len(sheet.sessions) == 1 else sheet.day.isoformat()
    return f"{sheet.cohort.code}-{only}-sign-in-sheet.pdf"


def _code(address: str) -> Markup:
    return qr_svg(address, title=_("QR code of the session"), border=1)
