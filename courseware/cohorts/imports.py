"""A coordinator's list of participants: read, judged row by row, all rows taken or none."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from babel import Locale
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from courseware import audit
from courseware.accounts import service as accounts
from courseware.accounts.models import User
from courseware.accounts.rules import normal_email
from courseware.addresses import email_problem
from courseware.cohorts.models import Cohort, Enrolment
from courseware.cohorts.rules import (
    Judged,
    KnownPerson,
    ParticipantRow,
    Verdict,
    judge,
)
from courseware.cohorts.service import enrol
from courseware.cohorts.word_rules import COLUMNS
from courseware.db import db
from courseware.errors import BadInput
from courseware.messages import Message
from courseware.partners import service as partners
from courseware.partners.models import Organisation
from courseware.tables import UnreadableTable, match_columns, read_table
from courseware.texts import LANGUAGES


def read_participants(
    data: bytes, filename: str = ""
) -> tuple[list[ParticipantRow], list[Message]]:
    """The rows of a list and what is to be said about its columns. Raises BadInput."""
    try:
        table = read_table(data, filename)
    except UnreadableTable as error:
        raise BadInput(error.messages) from error
    columns = match_columns(table, COLUMNS)
    problems = list(columns.problems)
    if not any(columns.has(name) for name in ("name", "name_latin", "name_native")):
        problems.append(
            Message(
                "The file has no column with names. Call one “name (Latin)” or “name (native)” "
                "(«имя латиницей», «ФИО»). The template shows all columns.",
            )
        )
    elif not columns.has("email"):
        problems.append(
            Message("The column “e-mail” («эл. почта») is missing; by it people are recognised.")
        )
    if problems:
        raise BadInput(problems)
    if not table.rows:
        raise BadInput([Message("The file has a header and no rows. Add the participants.")])
    rows = [
        ParticipantRow(row.number, **{name: columns.cell(row, name) for name in columns.places})
        for row in table.rows
    ]
    return rows, list(columns.remarks)


@cache
def countries() -> dict[str, str]:
    """The two letters of every country, by its names in our languages and by the letters."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found.setdefault(code.casefold(), code)
                found.setdefault(name.casefold(), code)
    return found


_AT_ONCE = 500


@dataclass(frozen=True)
class Imported:
    """What accepting a list did."""

    enrolled: int = 0
    updated: int = 0
    unchanged: int = 0


def judge_rows(cohort: Cohort, rows: Sequence[ParticipantRow]) -> list[Judged]:
    """One verdict for each row, with what is known of people in this programme.

    The number of queries does not grow with the rows, but for one more per 500 new addresses.
    """
    known = _people_of_the_programme(cohort, partners.organisations_by_key())
    addresses = {normal_email(row.email) for row in rows} - {person.email for person in known}
    known += _people_elsewhere(sorted(address for address in addresses if "@" in address))
    return judge(rows, known, countries(), email_problem)


def _people_of_the_programme(
    cohort: Cohort, organisations: dict[str, Organisation]
) -> list[KnownPerson]:
    """Everybody ever enrolled in a cohort of this programme."""
    keys: dict[int | None, set[str]] = {}
    for key, organisation in organisations.items():
        keys.setdefault(organisation.id, set()).add(key)
    query = (
        select(Enrolment)
        .where(Enrolment.cohort.has(programme_id=cohort.programme_id))
        .options(joinedload(Enrolment.user))
        .order_by(Enrolment.id)
    )
    people: dict[int, KnownPerson] = {}
    for enrolment in db.session.scalars(query):
        is_here = enrolment.cohort_id == cohort.id
        if enrolment.user_id in people and not is_here:
            continue
        people[enrolment.user_id] = _known(
            enrolment.user,
            is_enrolled=is_here,
            is_withdrawn=is_here and enrolment.withdrawn_at is not None,
            organisation_keys=frozenset(keys.get(enrolment.organisation_id, ()))
            if is_here
            else frozenset(),
            position=enrolment.position if is_here else "",
        )
    return list(people.values())


def _people_elsewhere(addresses: Sequence[str]) -> list[KnownPerson]:
    """People known by their address only; who they are is not shown."""
    found: list[KnownPerson] = []
    for start in range(0, len(addresses), _AT_ONCE):
        query = select(User).where(User.email.in_(addresses[start : start + _AT_ONCE]))
        found += [_known(user, is_within_reach=False) for user in db.session.scalars(query)]
    return found


def _known(
    user: User,
    *,
    is_within_reach: bool = True,
    is_enrolled: bool = False,
    is_withdrawn: bool = False,
    organisation_keys: frozenset[str] = frozenset(),
    position: str = "",
) -> KnownPerson:
    return KnownPerson(
        key=user.id,
        email=user.email,
        names=user.names,
        is_within_reach=is_within_reach,
        is_enrolled=is_enrolled,
        is_withdrawn=is_withdrawn,
        name_native=user.name_native,
        gender=user.gender,
        language=user.language,
        organisation_keys=organisation_keys,
        position=position,
    )


def sentences_of(judged: Sequence[Judged], *verdicts: Verdict) -> list[Message]:
    """The reasons of all rows with one of `verdicts`, each naming its row."""
    return [
        Message("Row %(row)s: %(why)s", row=row.number, why=reason)
        for row in judged
        if row.verdict in verdicts
        for reason in row.reasons
    ]


def import_participants(
    cohort: Cohort, rows: Sequence[ParticipantRow], *, by: User | None, now: datetime
) -> tuple[Imported, list[Judged]]:
    """Enrol everybody in the list, or nobody: BadInput where a row is wrong.

    Rows are judged anew, in the transaction that writes; a second time the list changes nothing.
    """
    judged = judge_rows(cohort, rows)
    if wrong := sentences_of(judged, Verdict.WRONG):
        raise BadInput([*wrong, Message("Nothing was imported. Correct the rows and try again.")])
    organisations = partners.organisations_by_key()
    people = _load_people(judged)
    enrolments = {
        enrolment.user_id: enrolment
        for enrolment in db.session.scalars(
            select(Enrolment).where(Enrolment.cohort_id == cohort.id)
        )
    }
    done = Counter[str]()
    for row in judged:
        organisation = _organisation_of(row, organisations, by=by, now=now)
        user = people[row.known.key] if row.known else _add_person(row, by=by, now=now)
        _fill_in(user, row)
        if row.enrols:
            enrol(
                cohort, user, organisation=organisation, position=row.facts.position,
                by=by, now=now,
            )  # fmt: skip
            done["enrolled"] += 1
        elif row.changes:
            enrolment = enrolments[user.id]
            if "organisation" in row.changes:
                enrolment.organisation = organisation
            if "position" in row.changes:
                enrolment.position = row.facts.position
            done["updated"] += 1
        else:
            done["unchanged"] += 1
    result = Imported(done["enrolled"], done["updated"], done["unchanged"])
    if result.enrolled or result.updated:
        audit.record(
            "import participants", cohort, by=by, now=now,
            enrolled=result.enrolled, updated=result.updated,
        )  # fmt: skip
    db.session.flush()
    return result, judged


def _load_people(judged: Sequence[Judged]) -> dict[int, User]:
    ids = [row.known.key for row in judged if row.known]
    found: dict[int, User] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = select(User).where(User.id.in_(ids[start : start + _AT_ONCE]))
        found |= {user.id: user for user in db.session.scalars(query)}
    return found


def _organisation_of(
    row: Judged, organisations: dict[str, Organisation], *, by: User | None, now: datetime
) -> Organisation | None:
    said = row.facts.organisation
    if said is None:
        return None
    if said.key not in organisations:
        organisations[said.key] = partners.add_organisation(
            said.name, kind=said.kind, country=said.country, by=by, now=now
        )
    return organisations[said.key]


def _add_person(row: Judged, *, by: User | None, now: datetime) -> User:
    facts = row.facts
    return accounts.add_user(
        email=facts.email,
        name_latin=facts.name_latin,
        name_native=facts.name_native,
        gender=facts.gender,
        language=facts.language,
        by=by,
        now=now,
    )


def _fill_in(user: User, row: Judged) -> None:
    """Add what a known person has not said of themselves yet; never replace it."""
    for name in ("email", "name_native", "gender", "language"):
        if row.known and name in row.changes:
            setattr(user, name, getattr(row.facts, name))
