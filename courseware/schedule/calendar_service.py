"""Calendar feeds: the secret address of a cohort's sessions, or of one person's."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from courseware import audit
from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.db import db, new_public_id, only_once
from courseware.schedule.models import CalendarFeed, TrainingSession
from courseware.schedule.service import list_sessions, list_sessions_of


def find_feed(token: str) -> CalendarFeed | None:
    """The feed with this secret address, unless its person may no longer enter."""
    found = db.session.scalar(
        select(CalendarFeed)
        .where(CalendarFeed.token == token)
        .options(joinedload(CalendarFeed.user), joinedload(CalendarFeed.cohort))
    )
    if found is not None and found.user is not None and not found.user.is_active:
        return None
    return found


def find_feed_of_cohort(cohort: Cohort) -> CalendarFeed | None:
    """The feed of a cohort, where one has been made."""
    return db.session.scalar(select(CalendarFeed).where(CalendarFeed.cohort_id == cohort.id))


def find_feed_of_user(user: User) -> CalendarFeed | None:
    """The feed of a person, where one has been made."""
    return db.session.scalar(select(CalendarFeed).where(CalendarFeed.user_id == user.id))


def feed_of_cohort(cohort: Cohort) -> CalendarFeed:
    """The feed of a cohort, made if there is none."""
    found = find_feed_of_cohort(cohort)
    if found is None:
        found = CalendarFeed(cohort=cohort, token=new_public_id())
        if not only_once(db.session, found):
            found = find_feed_of_cohort(cohort)
            assert found is not None
    return found


def feed_of_user(user: User) -> CalendarFeed:
    """The feed of a person, made if there is none."""
    found = find_feed_of_user(user)
    if found is None:
        found = CalendarFeed(user=user, token=new_public_id())
        if not only_once(db.session, found):
            found = find_feed_of_user(user)
            assert found is not None
    return found


def renew_feed(feed: CalendarFeed, *, by: User, now: datetime) -> None:
    """Give a feed another address; the old one stops at once."""
    feed.token = new_public_id()
    subject: Any = feed.user or feed.cohort
    audit.record("renew calendar address", subject, by=by, now=now)


def sessions_of_feed(feed: CalendarFeed) -> list[TrainingSession]:
    """The sessions that a feed shows."""
    if feed.user is not None:
        return list_sessions_of(feed.user)
    assert feed.cohort is not None
    return list_sessions(feed.cohort)
