"""Mail: an outbox in the database, emptied by the worker.

A mail is queued in the transaction of the act that causes it. It is sent at least once; a repeat
after a crash carries the same Message-ID, by which mail programs recognise it.
"""

import logging
import smtplib
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, render_template
from sqlalchemy import String, Text, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from courseware import clock
from courseware.config import Settings
from courseware.db import db

MOST_ATTEMPTS = 8


class OutgoingMail(db.Model):
    """One mail, waiting or sent."""

    __tablename__ = "outgoing_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    receiver: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    queued_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")


def queue(receiver: str, template: str, *, now: datetime, in_language: str, **values: Any) -> None:
    """Queue a mail made from `templates/mail/<template>.txt`; its first line is the subject."""
    from flask_babel import force_locale

    with force_locale(in_language):
        text = render_template(f"mail/{template}.txt", **values)
    subject, _, body = text.strip().partition("\n")
    domain = str(current_app.config["SETTINGS"].host) or "localhost"
    db.session.add(
        OutgoingMail(
            message_id=make_msgid(domain=domain),
            receiver=receiver,
            subject=" ".join(subject.split())[:300],
            body=body.strip() + "\n",
            queued_at=now,
            next_attempt_at=now,
        )
    )


def send_waiting(*, most: int = 50) -> int:
    """Send what is due, one transaction each; answer how many were sent."""
    settings: Settings = current_app.config["SETTINGS"]
    due = select(OutgoingMail.id).where(
        OutgoingMail.sent_at.is_(None),
        or_(OutgoingMail.next_attempt_at <= clock.now()),
    )
    sent = 0
    for mail_id in db.session.scalars(due.order_by(OutgoingMail.id).limit(most)).all():
        sent += _send(mail_id, settings)
    db.session.rollback()
    return sent


def _send(mail_id: int, settings: Settings) -> bool:
    mail = db.session.get(OutgoingMail, mail_id, with_for_update={"skip_locked": True})
    if mail is None or mail.sent_at is not None:
        db.session.rollback()
        return False
    mail.attempts += 1
    try:
        _deliver(mail, settings)
    except (OSError, smtplib.SMTPException) as error:
        logging.getLogger("courseware.mail").warning("mail %s: %s", mail.id, error)
        mail.error = str(error)[:400]
        later = clock.now() + timedelta(minutes=2**mail.attempts)
        mail.next_attempt_at = later if mail.attempts < MOST_ATTEMPTS else None
        db.session.commit()
        return False
    mail.sent_at, mail.next_attempt_at, mail.error = clock.now(), None, ""
    db.session.commit()
    return True


def _deliver(mail: OutgoingMail, settings: Settings) -> None:
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, mail.receiver
    message["Subject"], message["Message-ID"] = mail.subject, mail.message_id
    message["Date"] = format_datetime(mail.queued_at)
    message.set_content(mail.body)
    parts = urlsplit(settings.mail_url)
    if parts.scheme == "folder":
        folder = settings.var / Path(parts.path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{mail.id:06}.eml").write_bytes(message.as_bytes())
        return
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with kind(parts.hostname or "localhost", parts.port or 0, timeout=20) as server:
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
