"""Time in a schedule: contact minutes, places and people booked twice, hours, holidays, zones."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from courseware.hours import Minutes, written_hours
from courseware.messages import N_, Message


class TrainerPart(StrEnum):
    LEAD = "lead"
    CO_TRAINER = "co_trainer"


@dataclass(frozen=True, order=True)
class Span:
    """From a moment up to, not including, another."""

    starts_at: datetime
    ends_at: datetime


def contact_minutes(session: Span, breaks: Iterable[Span] = ()) -> Minutes:
    """The minutes of a session less its breaks.

    Breaks that overlap are taken off once, and only the part of a break inside the session.
    """
    taught = session.ends_at - session.starts_at
    free_until = session.starts_at
    for pause in sorted(breaks):
        begins = max(pause.starts_at, free_until)
        ends = min(pause.ends_at, session.ends_at)
        if ends > begins:
            taught -= ends - begins
            free_until = ends
    return max(0, int(taught / timedelta(minutes=1)))


# ---- Local time


class NoSuchTime(ValueError):
    """A time that clocks never showed there, because they were put forward past it."""


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment when clocks in `zone` show `at` on `day`, in UTC.

    A time that comes twice, when clocks are put back, is the first of the two. One that never
    comes raises NoSuchTime.
    """
    local = datetime.combine(day, at, tzinfo=zone)
    in_utc = local.astimezone(UTC)
    if in_utc.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime(f"{at:%H:%M} on {day} does not exist in {zone.key}")
    return in_utc


def utc_offset(at: datetime, zone: ZoneInfo) -> str:
    """How far clocks in `zone` are ahead of UTC at that moment: `UTC+5`, `UTC−3:30`, `UTC`."""
    minutes = round((at.astimezone(zone).utcoffset() or timedelta()) / timedelta(minutes=1))
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "−"
    return f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}"


# ---- What a coordinator should look at; a warning never blocks


class WarningKind(StrEnum):
    TRAINER_TWICE = "trainer_twice"
    VENUE_TWICE = "venue_twice"
    MODULE_UNDER = "module_under"
    MODULE_OVER = "module_over"
    PUBLIC_HOLIDAY = "public_holiday"


@dataclass(frozen=True)
class ScheduleWarning:
    """One thing to look at, with the codes of the sessions that it is about."""

    kind: WarningKind
    sentence: Message
    sessions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Booking:
    """What one session takes up: trainers and venues, by key and name. `cohort` is empty for ours.

    Names are as they are shown; keys say whether two of them are the same.
    """

    code: str
    span: Span
    trainers: Mapping[str, str] = field(default_factory=dict)
    venues: Mapping[str, str] = field(default_factory=dict)
    cohort: str = ""

    @property
    def label(self) -> Message | str:
        """How the session is named in a sentence read in our cohort."""
        if not self.cohort:
            return self.code
        return Message("%(session)s of %(cohort)s", session=self.code, cohort=self.cohort)


def clashes(ours: Sequence[Booking], others: Sequence[Booking] = ()) -> list[ScheduleWarning]:
    """Trainers and venues of our sessions that are booked twice at a time, in any cohort."""
    by_trainer: dict[str, list[Booking]] = defaultdict(list)
    by_venue: dict[str, list[Booking]] = defaultdict(list)
    for booking in [*ours, *others]:
        for key in booking.trainers:
            by_trainer[key].append(booking)
        for key in booking.venues:
            by_venue[key].append(booking)
    found = []
    for key, bookings in by_trainer.items():
        for first, second in _at_the_same_time(bookings):
            found.append(
                _clash(
                    WarningKind.TRAINER_TWICE,
                    N_("%(name)s is to be in two sessions at once: %(first)s and %(second)s."),
                    first.trainers[key],
                    first,
                    second,
                )
            )
    for key, bookings in by_venue.items():
        for first, second in _at_the_same_time(bookings):
            found.append(
                _clash(
                    WarningKind.VENUE_TWICE,
                    N_("%(name)s is booked by two sessions at once: %(first)s and %(second)s."),
                    first.venues[key],
                    first,
                    second,
                )
            )
    return sorted(
        found, key=lambda warning: (warning.kind, warning.sessions, str(warning.sentence))
    )


def _at_the_same_time(bookings: list[Booking]) -> Iterable[tuple[Booking, Booking]]:
    """Each two bookings that overlap and of which at least one is ours."""
    waiting: list[Booking] = []
    for booking in sorted(bookings, key=lambda one: (one.span, one.cohort, one.code)):
        waiting = [one for one in waiting if one.span.ends_at > booking.span.starts_at]
        for earlier in waiting:
            if not (earlier.cohort and booking.cohort):
                yield earlier, booking
        waiting.append(booking)


def _clash(
    kind: WarningKind, text: str, name: str, first: Booking, second: Booking
) -> ScheduleWarning:
    return ScheduleWarning(
        kind,
        Message(text, name=name, first=first.label, second=second.label),
        tuple(one.code for one in (first, second) if not one.cohort),
    )


@dataclass(frozen=True)
class ModuleHours:
    """The planned and the scheduled minutes of one module."""

    code: str
    planned: Minutes
    scheduled: Minutes


def hours_off_plan(modules: Iterable[ModuleHours], hour: Minutes) -> list[ScheduleWarning]:
    """Modules whose sessions do not add up to the hours that the programme plans."""
    found = []
    for module in modules:
        values = {
            "module": module.code,
            "scheduled": written_hours(module.scheduled, hour),
            "planned": written_hours(module.planned, hour),
        }
        if module.scheduled < module.planned:
            sentence = Message(
                "Module %(module)s: %(scheduled)s of %(planned)s hours are scheduled; "
                "%(missing)s are missing.",
                missing=written_hours(module.planned - module.scheduled, hour),
                **values,
            )
            found.append(ScheduleWarning(WarningKind.MODULE_UNDER, sentence))
        elif module.scheduled > module.planned:
            sentence = Message(
                "Module %(module)s: %(scheduled)s hours are scheduled, %(planned)s are planned; "
                "%(over)s are too many.",
                over=written_hours(module.scheduled - module.planned, hour),
                **values,
            )
            found.append(ScheduleWarning(WarningKind.MODULE_OVER, sentence))
    return found


def on_public_holidays(
    sessions: Iterable[tuple[str, date]], holidays: Mapping[str, Mapping[date, str]]
) -> list[ScheduleWarning]:
    """Sessions on a public holiday; `holidays` has the days and their names by country."""
    found = []
    for code, day in sessions:
        for country, days in holidays.items():
            if day in days:
                sentence = Message(
                    "%(session)s is on a public holiday of %(country)s: %(holiday)s.",
                    session=code,
                    country=Message(COUNTRIES.get(country, country)),
                    holiday=Message(days[day]),
                )
                found.append(ScheduleWarning(WarningKind.PUBLIC_HOLIDAY, sentence, (code,)))
    return found


COUNTRIES = {
    "KZ": N_("Kazakhstan"),
    "TJ": N_("Tajikistan"),
    "KG": N_("Kyrgyzstan"),
    "UZ": N_("Uzbekistan"),
    "TM": N_("Turkmenistan"),
    "DE": N_("Germany"),
}
"""Countries of partners whose holidays matter, by their code."""

HOLIDAYS = (
    N_("New Year's Day"),
    N_("Orthodox Christmas"),
    N_("International Women's Day"),
    N_("Mother's Day"),
    N_("Nowruz Holiday"),
    N_("International Nowruz Day"),
    N_("Kazakhstan's People Solidarity Holiday"),
    N_("Defender of the Fatherland Day"),
    N_("Victory Day"),
    N_("Eid al-Fitr"),
    N_("Eid al-Adha"),
    N_("Capital Day"),
    N_("National Unity Day"),
    N_("Constitution Day"),
    N_("Republic Day"),
    N_("Independence Day"),
)
"""The names of holidays in both countries, so that they can be translated; others stay English."""
