"""Every setting: its name, its default, what it means. A wrong value stops the start by name."""

import os
import secrets
import zoneinfo
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from courseware.texts import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent


class WrongSetting(Exception):
    """A setting that cannot be used; the sentence names it and says what to do."""


def _text(value: str) -> str:
    return value


def _folder(value: str) -> Path:
    return Path(value).expanduser().resolve()


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(value)

    return parse


def _yes_or_no(value: str) -> bool:
    if value not in ("yes", "no"):
        raise ValueError("yes or no")
    return value == "yes"


def _database(value: str) -> str:
    if value and not value.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
        raise ValueError("an address such as sqlite:////srv/courseware.sqlite or postgresql://…")
    return value.replace("postgresql://", "postgresql+psycopg://", 1)


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("an address such as https://courses.example.org, without a path")
    return value.rstrip("/")


def _mail(value: str) -> str:
    if urlsplit(value).scheme not in ("folder", "smtp", "smtps"):
        raise ValueError("folder:mail, smtp://user:password@host:587 or smtps://…")
    return value


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise ValueError(f"one of {', '.join(LANGUAGES)}")
    return value


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (KeyError, OSError, ValueError):
        raise ValueError("the name of a time zone, such as Asia/Dushanbe") from None
    return value


def _secret(value: str) -> str:
    if value and len(value) < 32:
        raise ValueError("at least 32 random characters")
    return value


def _address(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError("an address that begins with http:// or https://, or empty")
    return value


def _certificates(value: str) -> bytes:
    try:
        data = Path(value).read_bytes() if value else b""
    except OSError:
        raise ValueError("a file that can be read, or empty") from None
    if data and b"-----BEGIN CERTIFICATE-----" not in data:
        raise ValueError("a file with certificates in PEM, or empty")
    return data


@dataclass(frozen=True)
class Setting:
    """One setting as an operator sees it."""

    name: str
    default: str
    meaning: str
    parse: Callable[[str], Any]

    @property
    def variable(self) -> str:
        return f"COURSEWARE_{self.name.upper()}"


SETTINGS = (
    Setting("var", "var", "The folder for everything that the product keeps.", _folder),
    Setting(
        "database_url",
        "",
        "The database; empty means SQLite in the folder above, `postgresql://…` is for production.",
        _database,
    ),
    Setting(
        "secret_key",
        "",
        "Signs cookies and links; empty means one made at the first start and kept, readable by "
        "its owner only, beside the database. Several machines must be given the same one.",
        _secret,
    ),
    Setting(
        "base_url",
        "http://127.0.0.1:8000",
        "The address that people type; it stands in mails and QR codes. Other hosts are refused.",
        _base_url,
    ),
    Setting(
        "mail_url",
        "folder:mail",
        "Where mail goes: a folder below the one above, or `smtp://user:password@host:587`.",
        _mail,
    ),
    Setting("mail_from", "courseware@localhost", "The sender of mails.", _text),
    Setting(
        "jobs_url",
        "",
        "The database of the job queue; empty means the same kind as the database, beside it.",
        _database,
    ),
    Setting(
        "jobs_here",
        "yes",
        "Whether the web server also works off jobs; with `no`, run `courseware work` for that.",
        _yes_or_no,
    ),
    Setting("language", "en", "The language where neither person nor browser asks.", _language),
    Setting("timezone", "Asia/Almaty", "The zone of times outside any cohort.", _zone),
    Setting("upload_megabytes", "20", "The largest upload.", _number(1, 200)),
    Setting("session_hours", "336", "After how many hours a sign-in ends.", _number(1, 8760)),
    Setting(
        "check_in_seconds",
        "20",
        "How long the code for check-in stands on the wall; the one before it is still taken.",
        _number(5, 600),
    ),
    Setting(
        "check_in_opens_minutes",
        "15",
        "How many minutes before a session its check-in opens; it ends with the session.",
        _number(0, 240),
    ),
    Setting(
        "desk_days",
        "30",
        "After how many days a file on the import desk that nobody accepted is put away, with the "
        "names in it; 0: never.",
        _number(0, 3650),
    ),
    Setting(
        "limits_url",
        "memory://",
        "Where rate limits count; several processes share one with `redis://…`.",
        _text,
    ),
    Setting(
        "timestamp_url",
        "",
        "The time-stamp authority (RFC 3161) that makes seals verifiable for decades; each "
        "certificate then asks it over the network.",
        _address,
    ),
    Setting(
        "timestamp_roots",
        "",
        "A file with the root certificates (PEM) of that authority.",
        _certificates,
    ),
    Setting(
        "proxies", "0", "How many reverse proxies stand in front and set X-Forwarded-For.",
        _number(0, 5),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """All settings, parsed."""

    var: Path
    database_url: str
    secret_key: str
    base_url: str
    mail_url: str
    mail_from: str
    jobs_url: str
    jobs_here: bool
    language: str
    timezone: str
    upload_megabytes: int
    session_hours: int
    check_in_seconds: int
    check_in_opens_minutes: int
    desk_days: int
    limits_url: str
    timestamp_url: str
    timestamp_roots: bytes
    proxies: int
    root: Path = ROOT

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https:")

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `COURSEWARE_…` variables; raise WrongSetting for a wrong one."""
    given = os.environ if environment is None else environment
    known = {setting.variable for setting in SETTINGS}
    for variable in given:
        if variable.startswith("COURSEWARE_") and variable not in known | _NOT_SETTINGS:
            raise WrongSetting(f"{variable} is not a setting. See the table in README.md.")
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = given.get(setting.variable, setting.default)
        try:
            values[setting.name] = setting.parse(text)
        except ValueError as error:
            raise WrongSetting(
                f"{setting.variable} is “{text}”; it must be {error}. Correct it and start again."
            ) from None
    var: Path = values["var"]
    try:
        var.mkdir(parents=True, exist_ok=True)
        if not os.access(var, os.W_OK):
            raise PermissionError
    except OSError:
        raise WrongSetting(
            f"COURSEWARE_VAR is “{var}”, and that folder cannot be written. Make it writable for "
            "the user that runs the server, or name another folder."
        ) from None
    values["database_url"] = values["database_url"] or f"sqlite:///{var / 'courseware.sqlite'}"
    if not values["jobs_url"]:
        own = values["database_url"]
        values["jobs_url"] = (
            own if own.startswith("postgres") else f"sqlite:///{var / 'jobs.sqlite'}"
        )
    values["secret_key"] = values["secret_key"] or _kept_secret(var)
    return Settings(**values)


# Read by tests and tools, not by the application.
_NOT_SETTINGS = {"COURSEWARE_CHROMIUM", "COURSEWARE_TEST_POSTGRES", "COURSEWARE_TEST_ENGINES"}


def _kept_secret(var: Path) -> str:
    path = var / "secret-key"
    if not path.exists():
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        with open(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):  # two processes starting at once keep the same one
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text().strip()
