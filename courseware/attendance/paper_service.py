"""What stands on a sign-in sheet: of one session, or of all sessions of a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select

from courseware.accounts.models import User
from courseware.attendance.service import shown_names
from courseware.cohorts.models import Cohort, Enrolment
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.partners.models import Organisation
from courseware.partners.rules import Part
from courseware.permissions import Role, roles_on
from courseware.programmes.models import ProgrammePartner
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import list_sessions, organisations_of_trainers


@dataclass(frozen=True)
class SessionDay:
    """The sessions of a cohort that begin on one day, in the cohort's zone."""

    cohort: Cohort
    day: date
    sessions: tuple[TrainingSession, ...]

    @property
    def id(self) -> tuple[int, date]:
        """What tells it from other days, for whoever remembers who may see it."""
        return self.cohort.id, self.day


@roles_on.register
def _roles_on_day(subject: SessionDay, user: User) -> set[Role]:
    return roles_on(subject.cohort, user)


@dataclass(frozen=True)
class SheetPerson:
    """One line of a sheet."""

    names: tuple[str, ...]
    organisation: str


@dataclass(frozen=True)
class SignInSheet:
    """Everything that a sign-in sheet shows; all its sessions are of one day."""

    cohort: Cohort
    day: date
    sessions: tuple[TrainingSession, ...]
    partners: tuple[Organisation, ...]
    people: tuple[SheetPerson, ...]
    teaching_for: Mapping[int, Organisation]
    """For which organisation each trainer teaches, by the trainer's id."""


def list_days(cohort: Cohort) -> list[SessionDay]:
    """The days of a cohort on which there are sessions, in order."""
    zone = ZoneInfo(cohort.timezone)
    days: dict[date, list[TrainingSession]] = {}
    for each in list_sessions(cohort):
        days.setdefault(each.starts_at.astimezone(zone).date(), []).append(each)
    return [SessionDay(cohort, day, tuple(sessions)) for day, sessions in days.items()]


def find_day(public_id: str, day: str) -> SessionDay | None:
    """The day of a cohort, written as in 2025-04-07; None where no session is on it."""
    cohort = find_cohort(public_id)
    if cohort is None:
        return None
    return next((each for each in list_days(cohort) if each.day.isoformat() == day), None)


def sheet_of_session(training_session: TrainingSession) -> SignInSheet:
    """The sign-in sheet of one session."""
    zone = ZoneInfo(training_session.cohort.timezone)
    day = training_session.starts_at.astimezone(zone).date()
    return _sheet(training_session.cohort, day, [training_session])


def sheet_of_day(day: SessionDay) -> SignInSheet:
    """One sheet for all sessions of a day: a column of signatures for each."""
    return _sheet(day.cohort, day.day, day.sessions)


def _sheet(cohort: Cohort, day: date, sessions: Sequence[TrainingSession]) -> SignInSheet:
    partners = db.session.scalars(
        select(Organisation)
        .join(ProgrammePartner, ProgrammePartner.organisation_id == Organisation.id)
        .where(
            ProgrammePartner.programme_id == cohort.programme_id,
            ProgrammePartner.part.in_((Part.LEAD, Part.HOST)),
        )
        .order_by(ProgrammePartner.position)
    )
    enrolled = db.session.execute(
        select(
            Enrolment.id,
            User.name_latin,
            User.name_native,
            User.email,
            Organisation.short_name,
            Organisation.names,
        )
        .join(Enrolment, Enrolment.user_id == User.id)
        .outerjoin(Organisation, Enrolment.organisation_id == Organisation.id)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None))
    )
    lines = [
        (
            enrolment_id,
            SheetPerson(
                shown_names(latin, native, email),
                short_name or next(iter((names or {}).values()), ""),
            ),
        )
        for enrolment_id, latin, native, email, short_name, names in enrolled
    ]
    # As in the registers, so that a line has one number on paper and on the screen.
    lines.sort(key=lambda line: (line[1].names[0].casefold(), line[0]))
    people = [person for _id, person in lines]
    return SignInSheet(
        cohort,
        day,
        tuple(sessions),
        tuple(dict.fromkeys(partners)),
        tuple(people),
        organisations_of_trainers(cohort),
    )
