"""The personal link of a participant: it gives check-in and nothing else, and can be taken anew."""

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload

from courseware import audit, mail
from courseware.accounts.models import User
from courseware.attendance.check_in_known_service import digest_of
from courseware.attendance.models import PersonalLink
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import N_


def link_token(enrolment: Enrolment) -> str:
    """The last part of a participant's personal link."""
    return link_tokens([enrolment])[enrolment.id]


def link_tokens(enrolments: Sequence[Enrolment]) -> dict[int, str]:
    """The last parts of several personal links, by enrolment, in one query."""
    ids = [each.id for each in enrolments]
    numbers = dict(
        db.session.execute(
            select(PersonalLink.enrolment_id, PersonalLink.number).where(
                PersonalLink.enrolment_id.in_(ids)
            )
        ).all()
    )
    return {
        each.id: f"{each.public_id}.{_seal(each.public_id, numbers.get(each.id, 0))}"
        for each in enrolments
    }


def _seal(public_id: str, number: int) -> str:
    # The first link of each has no number in it: those that were printed before go on working.
    parts = (public_id, number) if number else (public_id,)
    return digest_of("check-in link", *parts)[:32]


def find_by_link(token: str) -> Enrolment | None:
    """The place that a personal link belongs to, while its participant is enrolled."""
    public_id, _dot, seal = token.rpartition(".")
    found = db.session.execute(
        select(Enrolment, PersonalLink.number)
        .join(Enrolment.user)
        .outerjoin(PersonalLink, PersonalLink.enrolment_id == Enrolment.id)
        .where(
            Enrolment.public_id == public_id.replace("\0", ""),
            Enrolment.withdrawn_at.is_(None),
            User.is_active,
        )
        .options(joinedload(Enrolment.cohort))
    ).first()
    if found is None:
        return None
    enrolment: Enrolment = found[0]
    right = _seal(enrolment.public_id, found[1] or 0)
    return enrolment if hmac.compare_digest(seal.encode()[:64], right.encode()) else None


def refuse_replaced(token: str) -> None:
    """Raise Refused, with the reason, for a personal link that a newer one replaced."""
    public_id, _dot, seal = token.rpartition(".")
    newest = db.session.scalar(
        select(PersonalLink.number)
        .join(Enrolment, Enrolment.id == PersonalLink.enrolment_id)
        .where(Enrolment.public_id == public_id.replace("\0", ""))
    )
    for number in range(newest or 0):
        if hmac.compare_digest(seal.encode()[:64], _seal(public_id, number).encode()):
            raise Refused(
                N_(
                    "A newer personal link has replaced this one. Look into your mail, or ask "
                    "your coordinator for it."
                )
            )


def renew_link(enrolment: Enrolment, *, by: User, now: datetime) -> None:
    """Take a new personal link; the one before it stops working."""
    insert = (postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert)(
        PersonalLink
    )
    db.session.execute(
        insert.values(enrolment_id=enrolment.id, number=1, renewed_at=now).on_conflict_do_update(
            index_elements=["enrolment_id"],
            set_={"number": PersonalLink.number + 1, "renewed_at": now},
        )
    )
    audit.record("renew personal link", enrolment, by=by, now=now)


def mail_links(
    enrolments: Sequence[Enrolment],
    *,
    cohort: Cohort,
    address_of: Callable[[str], str],
    now: datetime,
) -> int:
    """Mail everybody who has an address their personal link; answers how many.

    `address_of` makes a whole address of the last part of a link.
    """
    receivers = [each for each in enrolments if each.user.email and each.user.is_active]
    tokens = link_tokens(receivers)
    for each in receivers:
        mail.queue(
            each.user.email or "",
            "check_in_link",
            now=now,
            in_language=each.user.language or current_app.config["SETTINGS"].language,
            user=each.user,
            cohort=cohort,
            link=address_of(tokens[each.id]),
        )
    return len(receivers)
