"""The schedule for other programs: iCalendar feeds, and the sheet that can be imported again."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vText

from courseware.cohorts.models import Cohort
from courseware.hours import written_hours
from courseware.i18n import _
from courseware.partners.models import Organisation
from courseware.schedule.models import TrainingSession, Venue
from courseware.schedule.planning_rules import HEADINGS
from courseware.tables import Cell, Sheet, write_xlsx
from courseware.texts import choose

FEED_IS_FRESH = timedelta(hours=1)


def city_of(venue: Venue, language: str) -> str:
    """The city of a venue, in a language where its organisation stands in that city."""
    organisation = venue.organisation
    if organisation is not None and venue.city in organisation.city.values():
        return choose(organisation.city, language)
    return venue.city


def calendar_of(
    name: str,
    sessions: Sequence[TrainingSession],
    *,
    zone: str,
    language: str,
    now: datetime,
    address_of: Callable[[TrainingSession], str],
    host: str,
) -> bytes:
    """An iCalendar feed of sessions, each in its own cohort's zone, as calendar programs take it.

    A session keeps its UID for ever, and SEQUENCE counts its changes, so that an update replaces
    what a calendar has and does not stand beside it.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Courseware//Schedule//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", vText(_one_line(name)))
    calendar.add("x-wr-timezone", vText(zone))
    calendar.add("refresh-interval", FEED_IS_FRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", FEED_IS_FRESH)
    for one in sessions:
        calendar.add_component(_event(one, language, now, address_of(one), host))
    if sessions:
        # Without the zone's own rules Outlook moves the times.
        calendar.add_missing_timezones(
            first_date=min(one.starts_at for one in sessions).date() - timedelta(days=366),
            last_date=max(one.ends_at for one in sessions).date() + timedelta(days=366),
        )
    return calendar.to_ical()


def _event(one: TrainingSession, language: str, now: datetime, address: str, host: str) -> Event:
    zone = ZoneInfo(one.cohort.timezone)
    event = Event()
    event.add("uid", f"{one.public_id}@{host}")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", one.starts_at.astimezone(zone))
    event.add("dtend", one.ends_at.astimezone(zone))
    event.add("sequence", one.changes)
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("summary", _one_line(title_of(one, language)))
    places = [
        ", ".join(filter(None, (each.venue.name, _at(each.venue), city_of(each.venue, language))))
        for each in one.venues
    ]
    if location := "; ".join(places) or one.link:
        event.add("location", _one_line(location))
    event.add("url", address)
    event.add("description", _description(one, language, address))
    return event


def _at(venue: Venue) -> str:
    return venue.organisation.short_name if venue.organisation else ""


def title_of(one: TrainingSession, language: str) -> str:
    """The session's own title, else that of its module."""
    return one.title or choose(one.module.titles, language)


def _description(one: TrainingSession, language: str, address: str) -> str:
    programme = one.cohort.programme
    lines = [
        choose(programme.titles, language),
        _(
            "Module %(module)s: %(title)s",
            module=one.module.code,
            title=choose(one.module.titles, language),
        ),
        _(
            "%(hours)s academic hours of %(minutes)s minutes",
            hours=written_hours(one.contact_minutes, programme.academic_hour_minutes),
            minutes=programme.academic_hour_minutes,
        ),
    ]
    zone = ZoneInfo(one.cohort.timezone)
    if one.breaks:
        pauses = ", ".join(
            f"{each.starts_at.astimezone(zone):%H:%M}–{each.ends_at.astimezone(zone):%H:%M}"
            for each in one.breaks
        )
        lines.append(_("Break: %(times)s", times=pauses))
    trainers = [user.name for user in [one.lead, *one.co_trainers] if user is not None]
    if trainers:
        lines.append(_("With %(names)s", names=", ".join(trainers)))
    if one.link:
        lines.append(one.link)
    lines.append(address)
    return "\n".join(lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def schedule_workbook(
    cohort: Cohort, sessions: Sequence[TrainingSession], organisations: dict[int, Organisation]
) -> bytes:
    """The schedule as a workbook that can be changed and imported again.

    `organisations` are those of the trainers, by person.
    """
    zone = ZoneInfo(cohort.timezone)
    codes = {person: organisation.code or "" for person, organisation in organisations.items()}
    rows: list[list[Cell]] = []
    for one in sessions:
        starts, ends = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
        breaks = [
            f"{each.starts_at.astimezone(zone):%H:%M}-{each.ends_at.astimezone(zone):%H:%M}"
            for each in one.breaks
        ]
        co_codes = [codes.get(user.id, "") for user in one.co_trainers]
        values: dict[str, Cell] = {
            "session": one.code,
            "module": one.module.code,
            "title": one.title,
            "date": starts.date(),
            "start": f"{starts:%H:%M}",
            "end": f"{ends:%H:%M}",
            "breaks": "; ".join(breaks),
            "venues": "; ".join(each.venue.as_typed for each in one.venues),
            "city": one.venues[0].venue.city if one.venues else "",
            "link": one.link,
            "lead": (one.lead.email or "") if one.lead else "",
            "lead name": one.lead.name if one.lead else "",
            "lead organisation": codes.get(one.lead.id, "") if one.lead else "",
            "co-trainers": "; ".join(user.email or "" for user in one.co_trainers),
            "co-trainer names": "; ".join(user.name for user in one.co_trainers),
            "co-trainer organisations": "; ".join(co_codes) if any(co_codes) else "",
        }
        rows.append([values[name] for name in HEADINGS])
    return write_xlsx(Sheet(_("Schedule"), list(HEADINGS), rows))
