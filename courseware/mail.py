"""Mail: an outbox in the database, emptied by the worker.

A mail is queued in the transaction of the act that causes it. It is sent at least once; a repeat
after a crash carries the same Message-ID, by which mail programs recognise it.
"""

import logging
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, render_template
from sqlalchemy import Row, String, Text, select, update
from sqlalchemy.orm import Mapped, mapped_column

from courseware import clock
from courseware.config import Settings
from courseware.db import db, reading
from courseware.files import FileMissing, read_file

MOST_ATTEMPTS = 8


class OutgoingMail(db.Model):
    """One mail, waiting or sent."""

    __tablename__ = "outgoing_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    receiver: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    attachment_sha256: Mapped[str] = mapped_column(String(64), default="")
    attachment_name: Mapped[str] = mapped_column(String(200), default="")
    queued_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")
    leaves_no_trace: Mapped[bool] = mapped_column(default=False)
    """Whether it is emptied once it is sent or given up, where to whom it went tells too much."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored PDF that goes with a mail: the hash that it is kept under, and its name."""

    sha256: str
    name: str


def queue(
    receiver: str,
    template: str,
    *,
    now: datetime,
    in_language: str,
    attachment: Attachment | None = None,
    leaves_no_trace: bool = False,
    **values: Any,
) -> None:
    """Queue a mail made from `templates/mail/<template>.txt`; its first line is the subject.

    One that leaves no trace is emptied when it is sent: receiver, subject and text.
    """
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
            attachment_sha256=attachment.sha256 if attachment else "",
            attachment_name=attachment.name[:200] if attachment else "",
            queued_at=now,
            next_attempt_at=now,
            leaves_no_trace=leaves_no_trace,
        )
    )


def send_waiting(*, most: int = 50) -> int:
    """Send what is due, one after the other; answer how many were sent."""
    settings: Settings = current_app.config["SETTINGS"]
    due = select(OutgoingMail.id, OutgoingMail.attempts).where(
        OutgoingMail.sent_at.is_(None), OutgoingMail.next_attempt_at <= clock.now()
    )
    with reading():
        found = db.session.execute(due.order_by(OutgoingMail.id).limit(most)).all()
        db.session.rollback()
    return sum(_send(row.id, row.attempts, settings) for row in found)


def _send(mail_id: int, attempts: int, settings: Settings) -> bool:
    """Take one mail, hand it over, and note what came of it.

    No transaction is open while another server is spoken with. A mail that was taken by a
    process that was then killed is due again after some minutes, with the same Message-ID.
    """
    mail = _take(mail_id, attempts)
    if mail is None:
        return False
    try:
        _deliver(mail, settings)
    except (OSError, FileMissing, smtplib.SMTPException) as error:
        # What a mail server answers may name the receiver.
        said = type(error).__name__ if mail.leaves_no_trace else str(error)
        logging.getLogger("courseware.mail").warning("mail %s: %s", mail.id, said)
        is_over = mail.attempts >= MOST_ATTEMPTS
        done: dict[str, Any] = {"error": said[:400]}
        done |= {"next_attempt_at": None} if is_over else {}
    else:
        is_over = True
        done = {"sent_at": clock.now(), "next_attempt_at": None, "error": ""}
    if is_over and mail.leaves_no_trace:
        done |= {"receiver": "", "subject": "", "body": ""}
    db.session.execute(update(OutgoingMail).where(OutgoingMail.id == mail_id).values(**done))
    db.session.commit()
    return "sent_at" in done


def _take(mail_id: int, attempts: int) -> Row[Any] | None:
    """The mail, if this process is the one that sends it now."""
    now = clock.now()
    taken = (
        update(OutgoingMail)
        .where(
            OutgoingMail.id == mail_id,
            OutgoingMail.attempts == attempts,
            OutgoingMail.next_attempt_at <= now,
        )
        .values(attempts=attempts + 1, next_attempt_at=now + timedelta(minutes=2 ** (attempts + 1)))
        .returning(*OutgoingMail.__table__.columns)
        .execution_options(synchronize_session=False)
    )
    mail = db.session.execute(taken).one_or_none()
    db.session.commit()
    return mail


def _deliver(mail: Row[Any], settings: Settings) -> None:
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, mail.receiver
    message["Subject"], message["Message-ID"] = mail.subject, mail.message_id
    message["Date"] = format_datetime(mail.queued_at)
    message.set_content(mail.body)
    if mail.attachment_sha256:
        message.add_attachment(
            read_file(mail.attachment_sha256),
            maintype="application",
            subtype="pdf",
            filename=mail.attachment_name,
        )
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
