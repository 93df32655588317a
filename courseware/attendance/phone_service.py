"""The phones that are remembered as somebody's: which there are, and forgetting one.

When a phone was used is read from the check-ins made with it. Nothing is written where it is used
to give feedback: that would be a time beside a name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select

from courseware import audit
from courseware.accounts.models import User
from courseware.attendance.models import CheckIn, CheckInDevice
from courseware.cohorts.models import Enrolment
from courseware.db import db


@dataclass(frozen=True)
class Phone:
    """One phone that is remembered as somebody's."""

    public_id: str
    kind: str
    remembered_at: datetime
    used_at: datetime | None
    """The last check-in with it; None where there was none."""
    is_this_one: bool


def list_phones(enrolment: Enrolment, *, device: str, everywhere: bool) -> list[Phone]:
    """The phones of a participant, the newest first.

    `everywhere`: its use in all of the person's cohorts and not in this one only, which is what
    those who run this one may see. `device` is the phone that asks.
    """
    places = select(Enrolment.id).where(Enrolment.user_id == enrolment.user_id)
    if not everywhere:
        places = places.where(Enrolment.id == enrolment.id)
    rows = db.session.execute(
        select(CheckInDevice, func.max(CheckIn.checked_at))
        .outerjoin(
            CheckIn,
            and_(
                CheckIn.device_sha256 == CheckInDevice.token_sha256,
                CheckIn.enrolment_id.in_(places),
            ),
        )
        .where(CheckInDevice.user_id == enrolment.user_id)
        .group_by(CheckInDevice.id)
        .order_by(CheckInDevice.made_at.desc(), CheckInDevice.id.desc())
    )
    return [
        Phone(each.public_id, each.kind, each.made_at, used_at, each.token_sha256 == device)
        for each, used_at in rows
    ]


def count_phones(enrolments: Sequence[Enrolment]) -> dict[int, int]:
    """How many phones are remembered, by user, in one query."""
    rows = db.session.execute(
        select(CheckInDevice.user_id, func.count())
        .where(CheckInDevice.user_id.in_([each.user_id for each in enrolments]))
        .group_by(CheckInDevice.user_id)
    )
    return {row[0]: row[1] for row in rows}


def forget_phone(owner: User, public_id: str, *, by: User, now: datetime) -> bool:
    """Forget one phone of `owner`: it has to prove again whose it is. Whether there was one."""
    found = db.session.scalar(
        select(CheckInDevice)
        .where(
            CheckInDevice.user_id == owner.id,
            CheckInDevice.public_id == public_id[:40].replace("\0", ""),
        )
        .with_for_update(of=CheckInDevice)
    )
    if found is None:
        return False
    db.session.delete(found)
    audit.record("forget phone", owner, by=by, now=now, kind=found.kind)
    return True


def find_phone(device: str) -> CheckInDevice | None:
    """What is known of the phone that asks."""
    return db.session.scalar(select(CheckInDevice).where(CheckInDevice.token_sha256 == device))
