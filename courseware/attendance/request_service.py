"""Absences that participants announce, and questions about marks: asked, decided, answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from courseware import audit, mail
from courseware.accounts.models import User
from courseware.attendance.marks_service import MarkInForce, disagreements, marks_in_force
from courseware.attendance.models import AbsenceNotice, AttendanceMark, MarkReview
from courseware.attendance.request_rules import (
    LONGEST_TEXT,
    NoticeState,
    ReviewState,
    notice_problem,
    review_problem,
)
from courseware.attendance.rules import AttendanceStatus, MarkSource, Presence
from courseware.attendance.service import (
    WantedMark,
    add_entries,
    entry_values,
    refuse_without_times,
)
from courseware.cohorts.models import Enrolment
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.messages import N_
from courseware.permissions import Role, roles_on
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import list_sessions

EXCUSED = Presence(AttendanceStatus.EXCUSED)


@roles_on.register
def _roles_on_notice(subject: AbsenceNotice, user: User) -> set[Role]:
    return roles_on(subject.enrolment, user)


@roles_on.register
def _roles_on_review(subject: MarkReview, user: User) -> set[Role]:
    return roles_on(subject.enrolment, user)


def find_notice(public_id: str) -> AbsenceNotice | None:
    """The announced absence at this address."""
    return db.session.scalar(select(AbsenceNotice).where(AbsenceNotice.public_id == public_id))


@dataclass(frozen=True)
class NoticePage:
    """One page of the paper that goes with an announced absence."""

    notice: AbsenceNotice
    sha256: str


@roles_on.register
def _roles_on_page(subject: NoticePage, user: User) -> set[Role]:
    return roles_on(subject.notice, user)


def find_page(public_id: str, page: int) -> NoticePage | None:
    """Page `page`, from 1, of the paper of an announced absence."""
    notice = find_notice(public_id)
    if notice is None or not 1 <= page <= len(notice.pages):
        return None
    return NoticePage(notice, notice.pages[page - 1])


def find_review(public_id: str) -> MarkReview | None:
    """The question about a mark at this address."""
    return db.session.scalar(select(MarkReview).where(MarkReview.public_id == public_id))


@dataclass(frozen=True)
class Requests:
    """What one participant has asked for, and what can be asked for now."""

    notices: tuple[AbsenceNotice, ...]
    reviews: tuple[MarkReview, ...]
    to_announce: tuple[TrainingSession, ...]
    """Sessions to come from which an absence can be announced."""
    to_review: tuple[TrainingSession, ...]
    """Sessions that are over whose mark can be asked about, the latest first."""


def requests_of(enrolment: Enrolment, *, now: datetime) -> Requests:
    """The requests of one participant. A few queries, however many sessions there are."""
    notices = db.session.scalars(
        select(AbsenceNotice)
        .join(AbsenceNotice.training_session)
        .where(AbsenceNotice.enrolment_id == enrolment.id)
        .options(joinedload(AbsenceNotice.decided_by))
        .order_by(TrainingSession.starts_at)
    ).all()
    reviews = db.session.scalars(
        select(MarkReview)
        .join(MarkReview.training_session)
        .where(MarkReview.enrolment_id == enrolment.id)
        .options(joinedload(MarkReview.answered_by))
        .order_by(TrainingSession.starts_at)
    ).all()
    announced = {each.training_session_id: each.state for each in notices}
    asked = {each.training_session_id for each in reviews}
    days = enrolment.cohort.programme.review_days
    sessions = list_sessions(enrolment.cohort) if enrolment.withdrawn_at is None else []
    return Requests(
        tuple(notices),
        tuple(reviews),
        tuple(
            each
            for each in sessions
            if not notice_problem(
                code=each.code, starts_at=each.starts_at, before=announced.get(each.id), now=now
            )
        ),
        tuple(
            each
            for each in reversed(sessions)
            if not review_problem(
                code=each.code,
                ends_at=_end(each),
                days=days,
                was_asked=each.id in asked,
                now=now,
            )
        ),
    )


def _end(training_session: TrainingSession) -> datetime:
    return training_session.actual_ends_at or training_session.ends_at


# Absences -------------------------------------------------------------------------------------


def announce_absence(
    enrolment: Enrolment,
    sessions: Sequence[TrainingSession],
    *,
    reason: str,
    pages: Sequence[str] = (),
    file_name: str = "",
    by: User,
    now: datetime,
) -> list[AbsenceNotice]:
    """Say that a participant will not be at some sessions, and why; `pages` are kept pictures.

    A notice that was declined or taken back is announced anew. Raises Refused.
    """
    _refuse_withdrawn(enrolment)
    if not sessions:
        raise BadInput([N_("Choose the sessions that you will miss.")])
    if not reason:
        raise BadInput([N_("Say why you cannot come.")])
    known = {
        each.training_session_id: each
        for each in db.session.scalars(
            select(AbsenceNotice)
            .where(AbsenceNotice.enrolment_id == enrolment.id)
            .with_for_update(of=AbsenceNotice)
        )
    }
    made = []
    for training_session in sessions:
        before = known.get(training_session.id)
        problem = notice_problem(
            code=training_session.code,
            starts_at=training_session.starts_at,
            before=before.state if before else None,
            now=now,
        )
        if problem or training_session.cohort_id != enrolment.cohort_id:
            raise Refused(problem or N_("This session is not of your course."))
        notice = before or AbsenceNotice(
            training_session=training_session, enrolment=enrolment, answer=""
        )
        notice.reason = reason[:LONGEST_TEXT]
        notice.pages, notice.attachment_name = list(pages), file_name[:200]
        notice.state, notice.announced_at = NoticeState.ANNOUNCED, now
        notice.decided_at = notice.decided_by_id = None
        notice.answer = ""
        db.session.add(notice)
        made.append(notice)
    db.session.flush()
    for notice in made:
        audit.record("announce absence", notice, by=by, now=now)
    return made


def take_back_notice(notice: AbsenceNotice, *, by: User, now: datetime) -> None:
    """Take an announced absence back, as long as nobody has decided about it."""
    notice = _locked_notice(notice)
    notice.state = NoticeState.TAKEN_BACK
    audit.record("take absence back", notice, by=by, now=now)


def decide_notice(
    notice: AbsenceNotice,
    *,
    is_accepted: bool,
    answer: str,
    link: str,
    by: User,
    now: datetime,
) -> None:
    """Accept an announced absence, which excuses the participant, or decline it; with a mail.

    Where the participant was marked absent meanwhile, accepting settles that: whoever accepts sees
    the mark. It holds in a closed register too, for what was asked is decided and nothing else.
    """
    notice = _locked_notice(notice)
    if not is_accepted and not answer:
        raise BadInput([N_("Say why the absence is not excused: the participant reads it.")])
    notice.state = NoticeState.ACCEPTED if is_accepted else NoticeState.DECLINED
    notice.answer = answer[:LONGEST_TEXT]
    notice.decided_at, notice.decided_by_id = now, by.id
    if is_accepted:
        wanted = WantedMark(EXCUSED)  # without the answer: trainers read notes
        standing = mark_of(notice.training_session, notice.enrolment_id)
        _enter(notice, wanted, MarkSource.NOTICE, by=by, now=now)
        if standing and standing.presence.status is AttendanceStatus.ABSENT:
            _enter(notice, wanted, MarkSource.COORDINATOR, by=by, now=now, settles=True)
    audit.record("decide about absence", notice, by=by, now=now, state=notice.state)
    _tell(notice.enrolment.user, "notice_decided", link=link, now=now, notice=notice)


def _locked_notice(notice: AbsenceNotice) -> AbsenceNotice:
    """The notice, nobody else's until the commit. Raises Refused where it was decided already."""
    found = db.session.scalars(
        select(AbsenceNotice)
        .where(AbsenceNotice.id == notice.id)
        .with_for_update(of=AbsenceNotice)
        .execution_options(populate_existing=True)
    ).one()
    if found.state is not NoticeState.ANNOUNCED:
        raise Refused(
            N_("This absence was decided about or taken back meanwhile. Nothing was changed.")
        )
    return found


# Questions about marks ------------------------------------------------------------------------


def ask_review(
    enrolment: Enrolment,
    training_session: TrainingSession,
    *,
    text: str,
    by: User,
    now: datetime,
) -> MarkReview:
    """Ask to have the mark of a session looked at again, once. Raises Refused."""
    _refuse_withdrawn(enrolment)
    if not text:
        raise BadInput([N_("Say what is wrong with the mark.")])
    before = db.session.scalar(
        select(MarkReview.id).where(
            MarkReview.enrolment_id == enrolment.id,
            MarkReview.training_session_id == training_session.id,
        )
    )
    problem = review_problem(
        code=training_session.code,
        ends_at=_end(training_session),
        days=enrolment.cohort.programme.review_days,
        was_asked=before is not None,
        now=now,
    )
    if problem or training_session.cohort_id != enrolment.cohort_id:
        raise Refused(problem or N_("This session is not of your course."))
    review = MarkReview(
        training_session=training_session,
        enrolment=enrolment,
        text=text[:LONGEST_TEXT],
        state=ReviewState.ASKED,
        asked_at=now,
        answer="",
    )
    db.session.add(review)
    db.session.flush()
    audit.record("ask about a mark", review, by=by, now=now)
    return review


def answer_review(
    review: MarkReview,
    wanted: WantedMark,
    *,
    answer: str,
    link: str,
    by: User,
    now: datetime,
) -> None:
    """Answer a question about a mark: keep it or change it; either settles what was disputed.

    The answer is kept with the question and goes to the participant by mail. It holds in a closed
    register too, for what was asked is decided and nothing else.
    """
    review = db.session.scalars(
        select(MarkReview)
        .where(MarkReview.id == review.id)
        .with_for_update(of=MarkReview)
        .execution_options(populate_existing=True)
    ).one()
    if review.state is not ReviewState.ASKED:
        raise Refused(N_("This question was answered meanwhile. Nothing was changed."))
    if not answer:
        raise BadInput([N_("Write an answer: the participant reads it.")])
    refuse_without_times([wanted])
    standing = mark_of(review.training_session, review.enrolment_id)
    is_kept = (standing.presence if standing else None) == wanted.presence
    review.state = ReviewState.KEPT if is_kept else ReviewState.CHANGED
    review.answer = answer[:LONGEST_TEXT]
    review.answered_at, review.answered_by_id = now, by.id
    if not is_kept or _is_disputed(review.training_session, review.enrolment_id):
        _enter(review, wanted, MarkSource.COORDINATOR, by=by, now=now, settles=True)
    audit.record("answer about a mark", review, by=by, now=now, state=review.state)
    _tell(review.enrolment.user, "review_answered", link=link, now=now, review=review)


# What both need -------------------------------------------------------------------------------


def mark_of(training_session: TrainingSession, enrolment_id: int) -> MarkInForce | None:
    """The mark in force of one participant at one session."""
    found = marks_in_force(
        AttendanceMark.training_session_id == training_session.id,
        AttendanceMark.enrolment_id == enrolment_id,
    )
    return found.get((training_session.id, enrolment_id))


def _is_disputed(training_session: TrainingSession, enrolment_id: int) -> bool:
    return bool(
        disagreements(
            AttendanceMark.training_session_id == training_session.id,
            AttendanceMark.enrolment_id == enrolment_id,
        )
    )


def _enter(
    about: AbsenceNotice | MarkReview,
    wanted: WantedMark,
    source: MarkSource,
    *,
    by: User,
    now: datetime,
    settles: bool = False,
) -> None:
    add_entries(
        [
            entry_values(
                about.training_session_id,
                about.enrolment_id,
                wanted,
                source=source,
                by=by,
                now=now,
                key=f"{about.__tablename__}:{about.public_id}:{source}",
                settles=settles,
            )
        ]
    )


def _refuse_withdrawn(enrolment: Enrolment) -> None:
    if enrolment.withdrawn_at is not None:
        raise Refused(N_("You are no longer enrolled in this course. Ask the coordinator."))


def _tell(person: User, template: str, *, link: str, now: datetime, **about: Any) -> None:
    if person.email and person.is_active:
        mail.queue(
            person.email,
            template,
            now=now,
            in_language=person.language or current_app.config["SETTINGS"].language,
            person=person,
            link=link,
            **about,
        )
