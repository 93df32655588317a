"""Who may answer: one ticket for each person enrolled, reached by link or by signing in."""

import hashlib
import random
import secrets
from collections.abc import Callable
from datetime import datetime

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from courseware import mail
from courseware.accounts.models import User
from courseware.accounts.rules import normal_email
from courseware.cohorts.models import Enrolment
from courseware.db import db
from courseware.feedback.models import (
    FeedbackLink,
    FeedbackRound,
    FeedbackTicket,
)
from courseware.feedback.rules import About
from courseware.feedback.service import WHOLE, Seat, active_enrolments, is_open, make_ticket

AddressOf = Callable[[str], str]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find_seat(token: str) -> Seat | None:
    """The ticket that a mailed link belongs to."""
    found = db.session.execute(
        select(FeedbackRound, FeedbackTicket.enrolment_id, FeedbackTicket.is_spent)
        .join(FeedbackTicket, FeedbackTicket.round_id == FeedbackRound.id)
        .join(
            FeedbackLink,
            (FeedbackLink.round_id == FeedbackTicket.round_id)
            & (FeedbackLink.enrolment_id == FeedbackTicket.enrolment_id),
        )
        .where(FeedbackLink.token_hash == _digest(token))
        .options(*WHOLE)
    ).first()
    return Seat(found[0], found[1], found[2], token) if found else None


def find_seat_of(asked: FeedbackRound, user: User) -> Seat | None:
    """The ticket of somebody who is signed in and enrolled; made now for who enrolled late."""
    found = db.session.execute(
        select(Enrolment.id, FeedbackTicket.is_spent)
        .outerjoin(
            FeedbackTicket,
            (FeedbackTicket.enrolment_id == Enrolment.id) & (FeedbackTicket.round_id == asked.id),
        )
        .where(
            Enrolment.cohort_id == asked.cohort_id,
            Enrolment.user_id == user.id,
            Enrolment.withdrawn_at.is_(None),
        )
    ).first()
    if found is None or asked.is_imported or asked.questionnaire.about is About.NEEDS:
        return None
    return Seat(asked, found[0], bool(found[1]))


def send_links(asked: FeedbackRound, *, address_of: AddressOf, now: datetime) -> int:
    """Mail everybody enrolled who has an address their personal link; answers how many."""
    enrolments = db.session.scalars(active_enrolments(asked.cohort)).all()
    receivers = [each for each in enrolments if each.user.email and each.user.is_active]
    for enrolment in receivers:
        _send_link(asked, enrolment, address_of=address_of, now=now)
    return len(receivers)


def send_link_to(asked: FeedbackRound, email: str, *, address_of: AddressOf, now: datetime) -> None:
    """Mail one person their link; for an address that is not enrolled nothing happens."""
    enrolment = db.session.scalar(
        active_enrolments(asked.cohort)
        .join(User, Enrolment.user_id == User.id)
        .where(User.email == normal_email(email), User.is_active)
    )
    if enrolment is not None and is_open(asked, now=now):
        _send_link(asked, enrolment, address_of=address_of, now=now)


def remind(asked: FeedbackRound, *, address_of: AddressOf, now: datetime) -> None:
    """Mail a new link to everybody who has not answered; nobody is told who or how many.

    The mails leave in random order, and no trace once they are sent.
    """
    waiting = db.session.scalars(
        active_enrolments(asked.cohort)
        .outerjoin(
            FeedbackTicket,
            (FeedbackTicket.enrolment_id == Enrolment.id) & (FeedbackTicket.round_id == asked.id),
        )
        .where(FeedbackTicket.is_spent.is_not(True))
    ).all()
    receivers = [each for each in waiting if each.user.email and each.user.is_active]
    random.SystemRandom().shuffle(receivers)
    for enrolment in receivers:
        _send_link(asked, enrolment, address_of=address_of, now=now, template="feedback_reminder")


def _send_link(
    asked: FeedbackRound,
    enrolment: Enrolment,
    *,
    address_of: AddressOf,
    now: datetime,
    template: str = "feedback_link",
) -> None:
    token = secrets.token_urlsafe(24)
    make_ticket(asked, enrolment.id)
    db.session.add(
        FeedbackLink(token_hash=_digest(token), round_id=asked.id, enrolment_id=enrolment.id)
    )
    db.session.flush()
    mail.queue(
        enrolment.user.email or "",
        template,
        now=now,
        leaves_no_trace=True,
        in_language=enrolment.user.language or current_app.config["SETTINGS"].language,
        user=enrolment.user,
        asked=asked,
        link=address_of(token),
    )


def list_feedback_due(user: User, *, now: datetime) -> list[FeedbackRound]:
    """The open rounds that this participant has not answered, those that close first first."""
    return list(
        db.session.scalars(
            select(FeedbackRound)
            .join(FeedbackTicket, FeedbackTicket.round_id == FeedbackRound.id)
            .join(Enrolment, Enrolment.id == FeedbackTicket.enrolment_id)
            .where(
                Enrolment.user_id == user.id,
                Enrolment.withdrawn_at.is_(None),
                FeedbackTicket.is_spent.is_(False),
                FeedbackRound.closed_at.is_(None),
                FeedbackRound.opened_at.is_not(None),
                FeedbackRound.closes_at > now,
            )
            .order_by(FeedbackRound.closes_at, FeedbackRound.id)
            .options(
                selectinload(FeedbackRound.training_session),
                selectinload(FeedbackRound.questionnaire),
            )
        )
    )
