"""Who is checking in: a remembered phone, a code by mail; and a sealed scan."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import contains_eager

from courseware import mail
from courseware.accounts.models import User
from courseware.attendance.check_in_rules import (
    ENOUGH_CODES,
    FOREIGN_SCAN,
    MAIL_CODE_DIGITS,
    MAIL_CODE_LASTS,
    MOST_MAIL_CODES,
    MOST_TRIES,
    NO_ADDRESS,
    SCAN_LASTS,
    STALE_MAIL_CODE,
    STALE_SCAN,
    WRONG_MAIL_CODE,
    KnownBy,
    as_digits,
    network_of,
)
from courseware.attendance.models import CheckInCode, CheckInDevice
from courseware.cohorts.models import Enrolment
from courseware.db import db, new_public_id
from courseware.errors import Refused
from courseware.messages import Message
from courseware.schedule.models import TrainingSession


def secret() -> bytes:
    """What codes and links are made with."""
    return str(current_app.config["SETTINGS"].secret_key).encode()


def digest_of(*parts: object) -> str:
    """A digest that only we can make, so that the database gives nothing away."""
    text = "\n".join(map(str, parts)).encode()
    return hmac.new(secret(), text, "sha256").hexdigest()


# Phones and networks ----------------------------------------------------------------------------


def new_device_token() -> str:
    """What the cookie of a phone carries from its first scan on."""
    return secrets.token_urlsafe(24)


def device_digest(token: str) -> str:
    """By what a phone is told apart in the database."""
    return hashlib.sha256(token.encode()).hexdigest()


def network_digest(address: str) -> str:
    """By what networks are told apart, and no more."""
    return digest_of("check-in network", network_of(address))


def remember_device(device: str, user: User, *, now: datetime, kind: str = "") -> None:
    """Note whose phone this is; one that is known already stays whose it was."""
    insert = (postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert)(
        CheckInDevice
    )
    db.session.execute(
        insert.values(
            public_id=new_public_id(),
            token_sha256=device,
            user_id=user.id,
            kind=kind,
            made_at=now,
        ).on_conflict_do_nothing(index_elements=["token_sha256"])
    )


def phone_cookie() -> str:
    """The name of the cookie by which a phone is known."""
    return f"{'__Host-' if current_app.config['SETTINGS'].is_https else ''}courseware-phone"


def find_owner(device: str) -> User | None:
    """Whose phone this is, as far as we know."""
    return db.session.scalar(
        select(User)
        .join(CheckInDevice, CheckInDevice.user_id == User.id)
        .where(CheckInDevice.token_sha256 == device, User.is_active)
    )


# Enrolments -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """Who is checking in, and how we know."""

    enrolment: Enrolment
    by: KnownBy


def find_known(
    training_session: TrainingSession, *, user: User | None, device: str
) -> Known | None:
    """Whose place in the session's cohort it is: of who is signed in, else of the phone's owner."""
    if user is not None:
        signed_in = db.session.scalar(_places(training_session).where(User.id == user.id))
        if signed_in is not None:
            return Known(signed_in, KnownBy.SIGN_IN)
    if not device:
        return None
    owned = db.session.scalar(
        _places(training_session)
        .join(CheckInDevice, CheckInDevice.user_id == User.id)
        .where(CheckInDevice.token_sha256 == device)
    )
    return Known(owned, KnownBy.DEVICE) if owned is not None else None


def find_place(training_session: TrainingSession, public_id: str) -> Enrolment | None:
    """A place in the session's own cohort, as somebody picked it from the list."""
    return db.session.scalar(
        _places(training_session).where(Enrolment.public_id == public_id[:40].replace("\0", ""))
    )


def _places(training_session: TrainingSession):
    return (
        select(Enrolment)
        .join(Enrolment.user)
        .where(
            Enrolment.cohort_id == training_session.cohort_id,
            Enrolment.withdrawn_at.is_(None),
            User.is_active,
        )
        .options(contains_eager(Enrolment.user))
    )


# The scan ---------------------------------------------------------------------------------------


def _seals(kind: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret(), salt=f"check-in {kind}")


def seal_scan(training_session: TrainingSession, device: str, *, at: datetime) -> str:
    """Proof that this phone showed a good code at this moment; of no use on another phone."""
    sealed = _seals("scan").dumps([training_session.public_id, device[:32], int(at.timestamp())])
    return str(sealed)


def read_scan(text: str, training_session: TrainingSession, device: str, *, now: datetime):
    """When the code was shown to us; raises Refused where the proof is foreign or stale."""
    try:
        public_id, owner, at = _seals("scan").loads(text[:400])
    except (BadData, ValueError, TypeError):
        raise Refused(FOREIGN_SCAN) from None
    if public_id != training_session.public_id or owner != device[:32]:
        raise Refused(FOREIGN_SCAN)
    scanned_at = datetime.fromtimestamp(at, UTC)
    if now - scanned_at > SCAN_LASTS:
        raise Refused(STALE_SCAN)
    return scanned_at


# The code by mail -------------------------------------------------------------------------------


def send_mail_code(
    training_session: TrainingSession, enrolment: Enrolment, *, device: str, now: datetime
) -> None:
    """Mail a code to be typed on this phone; raises Refused where there is no address, or enough
    codes were sent."""
    user = enrolment.user
    if not user.email:
        raise Refused(NO_ADDRESS)
    sent = db.session.scalar(
        select(func.count())
        .select_from(CheckInCode)
        .where(
            CheckInCode.enrolment_id == enrolment.id, CheckInCode.made_at > now - MAIL_CODE_LASTS
        )
    )
    if (sent or 0) >= MOST_MAIL_CODES:
        raise Refused(ENOUGH_CODES)
    code = f"{secrets.randbelow(10**MAIL_CODE_DIGITS):0{MAIL_CODE_DIGITS}}"
    db.session.add(
        CheckInCode(
            enrolment_id=enrolment.id,
            device_sha256=device,
            code_sha256=_mail_code_digest(enrolment, device, code),
            made_at=now,
        )
    )
    mail.queue(
        user.email,
        "check_in_code",
        now=now,
        in_language=user.language or current_app.config["SETTINGS"].language,
        user=user,
        training_session=training_session,
        code=code,
        minutes=int(MAIL_CODE_LASTS.total_seconds()) // 60,
    )


def use_mail_code(
    enrolment: Enrolment, typed: str, *, device: str, now: datetime
) -> Message | None:
    """Spend a mailed code; answers why not. A wrong try counts, so commit in either case."""
    newest = db.session.scalar(
        select(CheckInCode)
        .where(CheckInCode.enrolment_id == enrolment.id, CheckInCode.device_sha256 == device)
        .order_by(CheckInCode.made_at.desc(), CheckInCode.id.desc())
        .limit(1)
        .with_for_update()
    )
    if (
        newest is None
        or newest.used_at is not None
        or newest.tries >= MOST_TRIES
        or now - newest.made_at > MAIL_CODE_LASTS
    ):
        return STALE_MAIL_CODE
    newest.tries += 1
    digest = _mail_code_digest(enrolment, device, as_digits(typed))
    if not hmac.compare_digest(digest, newest.code_sha256):
        return WRONG_MAIL_CODE
    newest.used_at = now
    return None


def _mail_code_digest(enrolment: Enrolment, device: str, code: str) -> str:
    return digest_of("check-in mail code", enrolment.public_id, device, code)
