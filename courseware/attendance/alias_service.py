"""Whose a name is: everybody who may be meant, and names that a person has explained before."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from courseware.accounts.models import User
from courseware.attendance.matching_rules import Directory, Known
from courseware.attendance.models import AttendanceAlias
from courseware.attendance.report_rules import ReportedPerson
from courseware.attendance.service import shown_names
from courseware.cohorts.models import Cohort, CohortRole, Enrolment
from courseware.db import db
from courseware.names import name_key
from courseware.schedule.models import SessionTrainer, TrainingSession


@dataclass(frozen=True)
class Candidate:
    """Somebody enrolled who may be chosen for a name."""

    enrolment_id: int
    public_id: str
    user_id: int
    names: tuple[str, ...]
    email: str


@dataclass(frozen=True)
class People:
    """Everybody who may be meant in the files of one cohort; read once for any number of files."""

    candidates: tuple[Candidate, ...]
    trainers: tuple[Known, ...]
    aliases: Mapping[str, int | None]
    elsewhere: Mapping[str, frozenset[int]]
    by_id: dict[int, Candidate] = field(repr=False)

    def directory(self, more_aliases: Mapping[str, int | None] | None = None) -> Directory:
        """Ready to be asked; `more_aliases` are stronger than those remembered."""
        return Directory(
            [Known(each.enrolment_id, each.email, each.names) for each in self.candidates],
            aliases={**self.aliases, **(more_aliases or {})},
            elsewhere=self.elsewhere,
            trainers=self.trainers,
        )


def people_of(cohort: Cohort) -> People:
    """Everybody who may be meant in a file of this cohort, in five queries."""
    candidates = list_candidates(cohort)
    by_user = {each.user_id: each.enrolment_id for each in candidates}
    aliases: dict[str, int | None] = {}
    elsewhere: dict[str, set[int]] = {}
    for alias in db.session.scalars(
        select(AttendanceAlias).where(
            (AttendanceAlias.cohort_id == cohort.id)
            | AttendanceAlias.user_id.in_(
                select(Enrolment.user_id).where(
                    Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None)
                )
            )
        )
    ):
        if alias.cohort_id != cohort.id:
            if alias.user_id is not None:
                elsewhere.setdefault(alias.name_key, set()).add(by_user[alias.user_id])
        elif alias.user_id is None:
            aliases[alias.name_key] = None
        elif alias.user_id in by_user:
            aliases[alias.name_key] = by_user[alias.user_id]
    return People(
        candidates=tuple(candidates),
        trainers=tuple(
            Known(user.id, user.email or "", user.names)
            for user in _staff_of(cohort)
            if user.id not in by_user
        ),
        aliases=aliases,
        elsewhere={key: frozenset(ids) for key, ids in elsewhere.items()},
        by_id={each.enrolment_id: each for each in candidates},
    )


def _staff_of(cohort: Cohort) -> list[User]:
    leads = (
        select(SessionTrainer.user_id)
        .join(TrainingSession, SessionTrainer.training_session_id == TrainingSession.id)
        .where(TrainingSession.cohort_id == cohort.id)
    )
    runs = select(CohortRole.user_id).where(CohortRole.cohort_id == cohort.id)
    return list(
        db.session.scalars(
            select(User).where(User.id.in_(leads) | User.id.in_(runs)).order_by(User.id)
        )
    )


def list_candidates(cohort: Cohort) -> list[Candidate]:
    """Everybody enrolled, by name."""
    rows = db.session.execute(
        select(
            Enrolment.id,
            Enrolment.public_id,
            User.id,
            User.name_latin,
            User.name_native,
            User.email,
        )
        .join(User, Enrolment.user_id == User.id)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None))
    )
    candidates = [
        Candidate(id, public_id, user_id, shown_names(latin, native, email), email or "")
        for id, public_id, user_id, latin, native, email in rows
    ]
    return sorted(candidates, key=lambda each: (each.names[0].casefold(), each.enrolment_id))


def keys_of(person: ReportedPerson) -> list[str]:
    """Under which keys somebody may have written this name into a file of aliases."""
    return [key for key in (person.email.lower(), name_key(person.name)) if key]


def alias_key(person: ReportedPerson) -> str:
    """Under which a name is remembered: the name as it is shown, else the address."""
    return (name_key(person.name) or person.email.lower())[:254]


def remember(cohort: Cohort, said: Mapping[str, int | None]) -> None:
    """Keep whose names are: name key → person, or None for a name that is nobody's."""
    known = {
        alias.name_key: alias
        for alias in db.session.scalars(
            select(AttendanceAlias).where(
                AttendanceAlias.cohort_id == cohort.id, AttendanceAlias.name_key.in_(said)
            )
        )
    }
    for key, user_id in said.items():
        if key in known:
            known[key].user_id = user_id
        elif key:
            db.session.add(AttendanceAlias(cohort_id=cohort.id, name_key=key, user_id=user_id))


def list_aliases(cohort: Cohort) -> list[AttendanceAlias]:
    """What was remembered in this cohort, by name."""
    return list(
        db.session.scalars(
            select(AttendanceAlias)
            .where(AttendanceAlias.cohort_id == cohort.id)
            .order_by(AttendanceAlias.name_key)
        )
    )


def forget(cohort: Cohort, ids: Collection[int]) -> int:
    """Ask again whose these names are; how many were forgotten."""
    found = [each for each in list_aliases(cohort) if each.id in ids]
    for alias in found:
        db.session.delete(alias)
    return len(found)
