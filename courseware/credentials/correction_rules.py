"""Decisions after issuing: whether a correction is allowed, and what it changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from courseware.credentials.rules import CredentialState, hours_text
from courseware.messages import Message
from courseware.names import resemblance

LEAST_RESEMBLANCE = 0.6


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a correction prints anew: what it is, as it was and as it will be.

    `is_day` says that both are days in ISO form, for the page to write in words.
    """

    what: Message
    before: str
    after: str
    is_day: bool = False


def refused_correction(
    state: CredentialState, *, issued_at: datetime | None, days: int, now: datetime
) -> Message | None:
    """Why this credential cannot be corrected now; None when it can.

    One in force can be corrected within `days` from its issue, a revoked one issued anew at any
    time: it promises nothing any more.
    """
    if state == CredentialState.REVOKED:
        return None
    if state == CredentialState.SUPERSEDED:
        return Message("This certificate was corrected before. Correct the one that replaced it.")
    if state == CredentialState.PRINTING or issued_at is None:
        return Message("This certificate is still being printed. Try again in a minute.")
    if now > issued_at + timedelta(days=days):
        return Message(
            "A certificate can be corrected within %(days)s days from its issue; they are over. "
            "Revoke it with a reason, and issue it anew.",
            days=days,
        )
    return None


def another_name(before: tuple[str, ...], after: tuple[str, ...]) -> Message | None:
    """A sentence where a name is not another spelling of the one that was printed."""
    for name in after:
        if max((resemblance(name, old) for old in before), default=0.0) < LEAST_RESEMBLANCE:
            return Message(
                "“%(after)s” is another name than “%(before)s”, not another spelling. Revoke the "
                "certificate instead, and issue one to the right person.",
                after=name,
                before=" · ".join(before),
            )
    return None


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What two sets of facts (as JSON) say differently; number, day and addresses do not count."""
    return tuple(_changes(before, after))


_NAMED = {
    "programme": Message("Programme"),
    "cohort": Message("Cohort"),
    "partners": Message("Universities"),
    "signatories": Message("Signatories"),
}
_HOURS = {"minutes": Message("Hours"), "credited": Message("Credited hours")}
_DAYS = {"delivered_from": Message("From"), "delivered_to": Message("To")}
_OF_EACH_PAPER = {
    "number", "issued_on", "verification_url", "supersedes", "duplicate", "offline", "kind",
}  # fmt: skip


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key, what in (
        ("latin", Message("Name in Latin letters")),
        ("native", Message("Name in the native script")),
    ):
        if before["recipient"][key] != after["recipient"][key]:
            yield Change(what, before["recipient"][key], after["recipient"][key])
    for key, what in _NAMED.items():
        if _same(before.get(key)) != _same(after.get(key)):
            yield Change(what, _words(before.get(key)), _words(after.get(key)))
    for key, what in _HOURS.items():
        if before.get(key) != after.get(key):
            yield Change(what, _hours(before, key), _hours(after, key))
    for key, what in _DAYS.items():
        if before[key] != after[key]:
            yield Change(what, before[key], after[key], is_day=True)
    if _same(before["modules"]) != _same(after["modules"]):
        yield Change(Message("Modules and hours"), _modules(before), _modules(after))
    known = {"recipient", "modules", *_NAMED, *_HOURS, *_DAYS, *_OF_EACH_PAPER}
    layout = sorted((set(before) & set(after)) - known)
    if any(_same(before[key]) != _same(after[key]) for key in layout):
        yield Change(Message("Design and wording"), "", "")


def _same(value: Any) -> Any:
    """`value` with lists for tuples, as JSON gives them back."""
    if isinstance(value, Mapping):
        return {key: _same(each) for key, each in value.items()}
    return [_same(each) for each in value] if isinstance(value, list | tuple) else value


def _words(value: Any) -> str:
    """All texts of a fact, each once, for comparing by eye."""
    return " · ".join(dict.fromkeys(_texts(value)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) > 2 and not value.startswith("#") and len(value) != 64:
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _hours(facts: Mapping[str, Any], key: str) -> str:
    minutes = facts.get(key)
    return "" if minutes is None else hours_text(minutes, facts["academic_hour_minutes"])


def _modules(facts: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{_words(module['titles'])}: {hours_text(module['minutes'], hour)}"
        + (f" ({hours_text(module['credited'], hour)})" if module["credited"] is not None else "")
        for module in facts["modules"]
        for hour in [facts["academic_hour_minutes"]]
    )
