"""People: finding and adding them, signing in and out, their own data."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from sqlalchemy import func, or_, select, update

from courseware import audit, mail
from courseware.accounts.models import SignedIn, SignInLink, User
from courseware.accounts.rules import (
    SHORTEST_PASSWORD,
    SIGN_IN_LINK_LASTS,
    Gender,
    normal_email,
)
from courseware.addresses import email_problem
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import Message
from courseware.names import clean_name
from courseware.permissions import Role, also_anywhere, roles_on

AddressOf = Callable[[str], str]
NameChanged = Callable[[User], None]
RoleGiver = Callable[[User, Role, str, User | None, datetime], bool]

_hasher = PasswordHasher()
_NOBODYS_HASH = _hasher.hash(secrets.token_hex(16))


@also_anywhere
def _roles_anywhere(user: User) -> set[Role]:
    return {Role.COORDINATOR} if user.is_coordinator else set()


@roles_on.register
def _roles_on_user(subject: User, user: User) -> set[Role]:
    return {Role.SELF} if subject.id == user.id else set()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find_user_by_email(email: str) -> User | None:
    """The person with this address."""
    return db.session.scalar(select(User).where(User.email == normal_email(email)))


def find_user(public_id: str) -> User | None:
    """The person at this address of ours."""
    return db.session.scalar(select(User).where(User.public_id == public_id))


def list_users(search: str = "", limit: int = 500) -> list[User]:
    """People by name; with `search`, those whose name or address contains it."""
    query = select(User).order_by(func.lower(User.name_latin), User.email).limit(limit)
    if search:
        pattern = "%" + search.lower().replace("%", "") + "%"
        query = query.where(
            or_(
                func.lower(User.name_latin).like(pattern),
                User.name_native.like("%" + search.replace("%", "") + "%"),
                User.email.like(pattern),
            )
        )
    return list(db.session.scalars(query))


def add_user(
    *,
    now: datetime,
    by: User | None,
    email: str | None = None,
    name_latin: str = "",
    name_native: str = "",
    gender: Gender | None = None,
    language: str | None = None,
) -> User:
    """Add a person. Raises Refused where the address is wrong or taken."""
    address = normal_email(email) if email else None
    if address:
        if problem := email_problem(address):
            raise Refused(problem)
        if find_user_by_email(address):
            raise Refused(
                Message("There is a person with the address %(email)s already.", email=address)
            )
    user = User(
        email=address,
        name_latin=clean_name(name_latin),
        name_native=clean_name(name_native),
        gender=gender,
        language=language,
        created_at=now,
    )
    db.session.add(user)
    db.session.flush()
    audit.record("add person", user, by=by, now=now)
    return user


def give_general_roles(
    user: User, *, administrator: bool | None = None, coordinator: bool | None = None,
    by: User | None, now: datetime,
) -> None:  # fmt: skip
    """Make somebody administrator, or a coordinator who may create programmes, or take it back."""
    if administrator is False and user.is_administrator:
        others = select(func.count(User.id)).where(
            User.is_administrator, User.is_active, User.id != user.id
        )
        if not db.session.scalar(others):
            raise Refused(
                Message("This is the last administrator. Make somebody else administrator first.")
            )
    if administrator is not None:
        user.is_administrator = administrator
    if coordinator is not None:
        user.is_coordinator = coordinator
    audit.record(
        "give general roles", user, by=by, now=now,
        administrator=user.is_administrator, coordinator=user.is_coordinator,
    )  # fmt: skip


_role_givers: list[RoleGiver] = []


def gives_roles(function: RoleGiver) -> RoleGiver:
    """Register what gives roles of a later feature; it answers whether it knew the code."""
    _role_givers.append(function)
    return function


def give_role_of(user: User, role: Role, code: str, *, by: User | None, now: datetime) -> None:
    """Give a role of the programme or cohort with this code."""
    given = [give(user, role, code, by, now) for give in _role_givers]
    if not any(given):
        raise Refused(
            Message(
                "Nothing with the code “%(code)s” gives the role “%(role)s”. Check the code.",
                code=code,
                role=role,
            )
        )


def acting_person(email: str | None) -> User:
    """Who acts in a command: the person named, else the first administrator."""
    if email:
        user = find_user_by_email(email)
        if user is None:
            raise Refused(Message("Nobody has the address “%(email)s”.", email=email))
        return user
    first = db.session.scalar(
        select(User).where(User.is_administrator, User.is_active).order_by(User.id).limit(1)
    )
    if first is None:
        raise Refused(
            Message(
                "There is no administrator yet. Run: courseware user add EMAIL --role administrator"
            )
        )
    return first


def deactivate(user: User, *, by: User, now: datetime) -> None:
    """Lock somebody out; all their browsers are signed out at once."""
    if user.is_administrator:
        give_general_roles(user, administrator=False, by=by, now=now)
    user.is_active = False
    end_all_sign_ins(user, now=now)
    audit.record("deactivate", user, by=by, now=now)


def activate(user: User, *, by: User, now: datetime) -> None:
    """Let somebody in again."""
    user.is_active = True
    audit.record("activate", user, by=by, now=now)


# Signing in ---------------------------------------------------------------------------------


def check_password(email: str, password: str) -> User | None:
    """The person, if the password is theirs. Costs the same time for unknown addresses."""
    user = find_user_by_email(email)
    known = user is not None and user.password_hash is not None and user.is_active
    stored = user.password_hash if user is not None and known else None
    try:
        _hasher.verify(stored or _NOBODYS_HASH, password)
    except (VerificationError, InvalidHashError):
        return None
    return user if known else None


def set_password(user: User, password: str, *, by: User | None, now: datetime) -> None:
    """Set a new password; every browser that is signed in is signed out."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(
            Message("A password has at least %(least)s characters.", least=SHORTEST_PASSWORD)
        )
    user.password_hash = _hasher.hash(password)
    end_all_sign_ins(user, now=now)
    audit.record("set password", user, by=by, now=now)


def begin_sign_in(user: User, *, now: datetime) -> str:
    """Sign a browser in; answers the key that its cookie carries."""
    key = secrets.token_urlsafe(24)
    hours = current_app.config["SETTINGS"].session_hours
    db.session.add(
        SignedIn(
            key_hash=_digest(key),
            user_id=user.id,
            began_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )
    audit.record("sign in", user, by=user, now=now)
    return key


def find_sign_in(key: str, *, now: datetime) -> SignedIn | None:
    """The signed-in browser with this key, while it lasts and its person is active."""
    found = db.session.execute(
        select(SignedIn, User)
        .join(User, SignedIn.user_id == User.id)
        .where(
            SignedIn.key_hash == _digest(key),
            SignedIn.ended_at.is_(None),
            SignedIn.expires_at > now,
            User.is_active,
        )
    ).first()
    return found[0] if found else None


def end_sign_in(signed_in: SignedIn, *, now: datetime) -> None:
    """Sign one browser out."""
    signed_in.ended_at = now


def end_all_sign_ins(user: User, *, now: datetime) -> None:
    """Sign every browser of a person out."""
    db.session.execute(
        update(SignedIn)
        .where(SignedIn.user_id == user.id, SignedIn.ended_at.is_(None))
        .values(ended_at=now)
    )


def make_sign_in_link(user: User, *, now: datetime) -> str:
    """A token that signs `user` in once, within half an hour."""
    token = secrets.token_urlsafe(24)
    db.session.add(
        SignInLink(
            token_hash=_digest(token),
            user_id=user.id,
            sent_at=now,
            expires_at=now + SIGN_IN_LINK_LASTS,
        )
    )
    return token


def send_sign_in_link(email: str, *, address_of: AddressOf, now: datetime) -> None:
    """Mail a one-time link; for an unknown address nothing happens, and nobody can tell."""
    user = find_user_by_email(email)
    if user is None or not user.is_active or not user.email:
        return
    token = make_sign_in_link(user, now=now)
    mail.queue(
        user.email,
        "sign_in_link",
        now=now,
        in_language=user.language or current_app.config["SETTINGS"].language,
        user=user,
        link=address_of(token),
        minutes=int(SIGN_IN_LINK_LASTS.total_seconds() // 60),
    )


def find_sign_in_link(token: str, *, now: datetime) -> SignInLink | None:
    """A link that is still good."""
    return db.session.scalar(
        select(SignInLink)
        .join(User, SignInLink.user_id == User.id)
        .where(
            SignInLink.token_hash == _digest(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
            User.is_active,
        )
    )


def use_sign_in_link(link: SignInLink, *, now: datetime) -> User:
    """Spend a link. Of two browsers that try at once, one is refused."""
    spent = db.session.execute(
        update(SignInLink)
        .where(SignInLink.id == link.id, SignInLink.used_at.is_(None))
        .values(used_at=now)
    )
    if spent.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused(Message("This link has been used. Ask for a new one."))
    return link.user


# The own data -------------------------------------------------------------------------------


def save_profile(
    user: User, *, name_latin: str, name_native: str, gender: Gender | None,
    language: str | None, by: User, now: datetime,
) -> None:  # fmt: skip
    """Save what somebody says of themselves. Names keep their case, always."""
    before = user.names
    user.name_latin, user.name_native = clean_name(name_latin), clean_name(name_native)
    user.gender, user.language = gender, language
    if not user.names:
        raise Refused(Message("Enter your name in at least one script."))
    if user.names != before:
        audit.record("change name", user, by=by, now=now, before=before, after=user.names)
        for tell in _when_a_name_changes:
            tell(user)


_when_a_name_changes: list[NameChanged] = []


def when_a_name_changes(function: NameChanged) -> NameChanged:
    """Register what a later feature does when a person's name changes."""
    _when_a_name_changes.append(function)
    return function
