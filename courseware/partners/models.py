"""Organisations: universities, companies, funders, and where participants come from."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from courseware.db import db, new_public_id
from courseware.partners.rules import OrganisationKind


class Organisation(db.Model):
    """One organisation. `name_key` makes two spellings of one name the same row."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    code: Mapped[str | None] = mapped_column(String(40), unique=True)
    names: Mapped[dict[str, str]]
    name_key: Mapped[str] = mapped_column(String(400), unique=True)
    short_name: Mapped[str] = mapped_column(String(80), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    city: Mapped[dict[str, str]] = mapped_column(default=dict)
    kind: Mapped[OrganisationKind]
    sector: Mapped[str] = mapped_column(String(120), default="")
    mark_letters: Mapped[str] = mapped_column(String(4), default="")
    mark_colour: Mapped[str] = mapped_column(String(7), default="#1d3a6b")
    logo_sha256: Mapped[str | None] = mapped_column(String(64))
