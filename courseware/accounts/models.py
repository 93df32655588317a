"""People who use the product, and how they are known to it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courseware.accounts.rules import Gender
from courseware.db import db, new_public_id


class User(db.Model):
    """A person: participant, trainer, coordinator or administrator; often several of them."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    name_latin: Mapped[str] = mapped_column(String(200), default="")
    name_native: Mapped[str] = mapped_column(String(200), default="")
    gender: Mapped[Gender | None]
    language: Mapped[str | None] = mapped_column(String(5))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_administrator: Mapped[bool] = mapped_column(default=False)
    is_coordinator: Mapped[bool] = mapped_column(default=False)
    """May create programmes; who created one coordinates it."""
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    @property
    def name(self) -> str:
        """The name shown in lists: Latin where there is one, else native, else the address."""
        return self.name_latin or self.name_native or self.email or "?"

    @property
    def names(self) -> tuple[str, ...]:
        """One or two spellings, Latin first, without repeats."""
        return tuple(dict.fromkeys(name for name in (self.name_latin, self.name_native) if name))


class SignedIn(db.Model):
    """One browser that is signed in. It ends here, on the server, not in the cookie."""

    __tablename__ = "signed_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    began_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class SignInLink(db.Model):
    """A link sent by mail that signs its receiver in, once."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
