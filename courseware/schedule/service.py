"""Sessions of a cohort: reading them, planning them, saying what really took place."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from courseware import audit
from courseware.accounts.models import User
from courseware.cohorts.models import Cohort, CohortRole, Enrolment
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import Message
from courseware.partners.models import Organisation
from courseware.partners.rules import Part
from courseware.permissions import Role, roles_on
from courseware.programmes.models import Module, Programme, ProgrammePartner
from courseware.schedule.models import (
    SessionTrainer,
    SessionVenue,
    TrainingSession,
    Venue,
)
from courseware.schedule.rules import (
    Booking,
    ModuleHours,
    ScheduleWarning,
    Span,
    clashes,
    hours_off_plan,
    on_public_holidays,
)

LATEST_RECORD = timedelta(hours=12)
"""How far from its planned times a session may really have begun or ended."""


@roles_on.register
def _roles_on_training_session(subject: TrainingSession, user: User) -> set[Role]:
    return roles_on(subject.cohort, user)


# Reading ------------------------------------------------------------------------------------

_WHOLE = (
    selectinload(TrainingSession.breaks),
    selectinload(TrainingSession.venues)
    .joinedload(SessionVenue.venue)
    .joinedload(Venue.organisation),
    selectinload(TrainingSession.trainers).joinedload(SessionTrainer.user),
    joinedload(TrainingSession.module),
)


def find_training_session(public_id: str) -> TrainingSession | None:
    """The session at this address."""
    return db.session.scalar(
        select(TrainingSession).where(TrainingSession.public_id == public_id).options(*_WHOLE)
    )


def find_session_by_code(cohort: Cohort, code: str) -> TrainingSession | None:
    """The session of a cohort with this code, whatever its case."""
    return next(
        (
            one
            for one in db.session.scalars(
                select(TrainingSession).where(TrainingSession.cohort_id == cohort.id)
            )
            if one.code.casefold() == code.strip().casefold()
        ),
        None,
    )


def list_sessions(cohort: Cohort) -> list[TrainingSession]:
    """The sessions of a cohort in order of time, with breaks, venues and trainers."""
    return list(
        db.session.scalars(
            select(TrainingSession)
            .where(TrainingSession.cohort_id == cohort.id)
            .order_by(TrainingSession.starts_at, TrainingSession.code)
            .options(*_WHOLE)
        )
    )


def list_sessions_of(
    user: User, *, since: datetime | None = None, until: datetime | None = None
) -> list[TrainingSession]:
    """The sessions that somebody leads or is enrolled for, in all cohorts, in order of time."""
    leads = select(SessionTrainer.training_session_id).where(SessionTrainer.user_id == user.id)
    takes_part = select(Enrolment.cohort_id).where(
        Enrolment.user_id == user.id, Enrolment.withdrawn_at.is_(None)
    )
    query = (
        select(TrainingSession)
        .where(or_(TrainingSession.id.in_(leads), TrainingSession.cohort_id.in_(takes_part)))
        .order_by(TrainingSession.starts_at, TrainingSession.code)
        .options(*_WHOLE)
    )
    if since is not None:
        query = query.where(TrainingSession.ends_at > since)
    if until is not None:
        query = query.where(TrainingSession.starts_at < until)
    return list(db.session.scalars(query))


def list_sessions_led_by(
    user: User, *, since: datetime | None = None, until: datetime | None = None
) -> list[TrainingSession]:
    """The sessions that somebody leads or co-trains, in all cohorts, in order of time."""
    leads = select(SessionTrainer.training_session_id).where(SessionTrainer.user_id == user.id)
    query = (
        select(TrainingSession)
        .where(TrainingSession.id.in_(leads))
        .order_by(TrainingSession.starts_at, TrainingSession.code)
        .options(*_WHOLE)
    )
    if since is not None:
        query = query.where(TrainingSession.ends_at > since)
    if until is not None:
        query = query.where(TrainingSession.starts_at < until)
    return list(db.session.scalars(query))


def codes_of_partners(programme: Programme) -> dict[str, Organisation]:
    """The organisations with a part in a programme, by their code, in order."""
    partners = db.session.scalars(
        select(ProgrammePartner)
        .where(ProgrammePartner.programme_id == programme.id)
        .order_by(ProgrammePartner.position)
    )
    return {
        partner.organisation.code: partner.organisation
        for partner in partners
        if partner.organisation.code
    }


def list_modules(programme: Programme) -> list[Module]:
    """The modules of a programme in order."""
    return list(
        db.session.scalars(
            select(Module).where(Module.programme_id == programme.id).order_by(Module.position)
        )
    )


def list_trainers(cohort: Cohort) -> list[User]:
    """The trainers of a cohort by name."""
    found = db.session.scalars(
        select(CohortRole).where(CohortRole.cohort_id == cohort.id, CohortRole.role == Role.TRAINER)
    )
    return sorted((one.user for one in found), key=lambda user: user.name.casefold())


def organisations_of_trainers(cohort: Cohort) -> dict[int, Organisation]:
    """For which organisation the trainers of a cohort teach, by person; a tandem has two."""
    found = db.session.execute(
        select(CohortRole.user_id, Organisation)
        .join(Organisation, CohortRole.organisation_id == Organisation.id)
        .where(CohortRole.cohort_id == cohort.id, CohortRole.role == Role.TRAINER)
    )
    return {row.user_id: row.Organisation for row in found}


# Warnings -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Meeting:
    """A session that there is or that is planned, as far as warnings need it."""

    booking: Booking
    module: str
    minutes: int


def warnings_of(cohort: Cohort, sessions: Sequence[TrainingSession]) -> list[ScheduleWarning]:
    """What a coordinator should look at; a constant number of queries."""
    return warnings_about(cohort, [meeting_of(one) for one in sessions])


def meeting_of(one: TrainingSession) -> Meeting:
    """A session as far as warnings need it."""
    return Meeting(_booking(one), one.module.code, one.contact_minutes)


def warnings_about(cohort: Cohort, meetings: Sequence[Meeting]) -> list[ScheduleWarning]:
    """What a coordinator should look at if these are all sessions of a cohort."""
    programme = cohort.programme
    minutes: dict[str, int] = defaultdict(int)
    for meeting in meetings:
        minutes[meeting.module] += meeting.minutes
    zone = ZoneInfo(cohort.timezone)
    bookings = [meeting.booking for meeting in meetings]
    days = [(one.code, one.span.starts_at.astimezone(zone).date()) for one in bookings]
    return [
        *clashes(bookings, _bookings_elsewhere(cohort, bookings)),
        *on_public_holidays(days, _holidays(programme, [day for _code, day in days])),
        *hours_off_plan(
            [
                ModuleHours(module.code, module.planned_minutes, minutes[module.code])
                for module in list_modules(programme)
            ],
            programme.academic_hour_minutes,
        ),
    ]


def trainer_key(user: User) -> str:
    """By what a trainer is the same person in a session and in a plan."""
    return user.email or f"#{user.id}"


def venue_key(organisation_id: int | None, name: str, city: str) -> str:
    """By what a venue is the same place in a session and in a plan."""
    return f"{organisation_id or ''}|{city}|{name}".casefold()


def _booking(one: TrainingSession, cohort: str = "") -> Booking:
    return Booking(
        code=one.code,
        span=Span(one.starts_at, one.ends_at),
        trainers={trainer_key(each.user): each.user.name for each in one.trainers},
        venues={
            venue_key(place.venue.organisation_id, place.venue.name, place.venue.city): (
                place.venue.name
            )
            for place in one.venues
        },
        cohort=cohort,
    )


def _bookings_elsewhere(cohort: Cohort, ours: Sequence[Booking]) -> list[Booking]:
    """Sessions of other cohorts in the same weeks that may share a trainer or a venue with ours."""
    addresses = {key for one in ours for key in one.trainers}
    rooms = {name for one in ours for name in one.venues.values()}
    if not (addresses or rooms):
        return []
    led = (
        select(SessionTrainer.training_session_id)
        .join(User, SessionTrainer.user_id == User.id)
        .where(User.email.in_(addresses))
    )
    held = (
        select(SessionVenue.training_session_id)
        .join(Venue, SessionVenue.venue_id == Venue.id)
        .where(Venue.name.in_(rooms))
    )
    found = db.session.scalars(
        select(TrainingSession)
        .where(
            TrainingSession.cohort_id != cohort.id,
            TrainingSession.starts_at < max(one.span.ends_at for one in ours),
            TrainingSession.ends_at > min(one.span.starts_at for one in ours),
            or_(TrainingSession.id.in_(led), TrainingSession.id.in_(held)),
        )
        .options(*_WHOLE)
    )
    return [_booking(one, cohort=one.cohort.code) for one in found]


def _holidays(programme: Programme, days: Sequence[date]) -> dict[str, dict[date, str]]:
    """Public holidays of the universities' countries in the years of these days."""
    countries = db.session.scalars(
        select(Organisation.country)
        .join(ProgrammePartner, ProgrammePartner.organisation_id == Organisation.id)
        .where(
            ProgrammePartner.programme_id == programme.id,
            ProgrammePartner.part.in_((Part.LEAD, Part.HOST)),
        )
        .order_by(ProgrammePartner.position)
    )
    years = {day.year for day in days}
    known: dict[str, dict[date, str]] = {}
    for country in countries:
        known[country] = {}
        for year in years:
            known[country].update(public_holidays(country, year))
    return known


@cache
def public_holidays(country: str, year: int) -> Mapping[date, str]:
    """The public holidays of a country by day, named in English; empty where none are known."""
    import holidays  # slow to load, and only this needs it

    if country not in holidays.list_supported_countries():
        return {}
    try:
        found = holidays.country_holidays(country, years=year, language="en_US")
    except NotImplementedError:
        return {}
    return MappingProxyType(dict(found.items()))


# What really took place -----------------------------------------------------------------------


def record_delivery(
    one: TrainingSession,
    *,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: User | None,
    now: datetime,
) -> None:
    """Say when a session really began and ended; where that differs from the plan, say why.

    The same moment for both says that it did not take place.
    """
    if ends_at < starts_at:
        raise Refused(Message("A session cannot end before it begins. Correct the times."))
    for actual, planned in ((starts_at, one.starts_at), (ends_at, one.ends_at)):
        if abs(actual - planned) > LATEST_RECORD:
            raise Refused(
                Message("These times are more than 12 hours from the planned ones. Correct them.")
            )
    if starts_at > now:
        raise Refused(
            Message("The session has not begun yet. Record what took place when it is over.")
        )
    if ends_at > now and ends_at != one.ends_at:
        raise Refused(
            Message("This end is still to come. Leave the planned end until the session is over.")
        )
    as_planned = (starts_at, ends_at) == (one.starts_at, one.ends_at)
    reason = " ".join(reason.split())
    if not as_planned and not reason:
        raise Refused(Message("Give the reason why the session was not held as planned."))
    if len(reason) > 400:
        raise Refused(Message("The reason is longer than 400 characters. Shorten it."))
    before = one.delivered_minutes
    one.actual_starts_at, one.actual_ends_at = starts_at, ends_at
    one.actual_reason = "" if as_planned else reason
    audit.record(
        "record delivery", one, by=by, now=now,
        minutes_before=before, minutes=one.delivered_minutes, reason=one.actual_reason,
    )  # fmt: skip
