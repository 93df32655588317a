"""What if the certificate asked for another share of the hours? Nothing is saved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from courseware.attendance.ledger_rules import Course, ParticipantLedger, Standing, standing_of
from courseware.attendance.rules import Minutes


@dataclass(frozen=True)
class WhatIf:
    """How everybody would stand; `changed` are those who stand otherwise than now, by their key."""

    percent: int
    needed: Minutes
    before: Mapping[Standing, int]
    after: Mapping[Standing, int]
    changed: Mapping[int, tuple[Standing, Standing]]


def what_if(course: Course, ledgers: Mapping[int, ParticipantLedger], percent: int) -> WhatIf:
    """How the participants of a course would stand if it asked for `percent` of the hours."""
    asked = replace(course, requirement=replace(course.requirement, threshold_percent=percent))
    now = {key: ledger.standing for key, ledger in ledgers.items()}
    then = {
        key: standing_of(
            asked, credited=ledger.credited, reachable=ledger.reachable, modules=ledger.modules
        )
        for key, ledger in ledgers.items()
    }
    return WhatIf(
        percent,
        asked.needed,
        _counted(now.values()),
        _counted(then.values()),
        {key: (now[key], then[key]) for key in ledgers if now[key] is not then[key]},
    )


def _counted(standings: Iterable[Standing]) -> dict[Standing, int]:
    found = list(standings)
    return {standing: found.count(standing) for standing in Standing}
