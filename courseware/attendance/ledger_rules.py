"""The hours ledger: planned, scheduled, delivered, attended and credited minutes.

Credited minutes fill a module in the order of its sessions and stop at the module's
planned minutes: time beyond the plan of one module does not replace another one.
The decision is explained in docs/decisions/.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from courseware.attendance.rules import (
    PRESENT,
    AttendanceStatus,
    Minutes,
    Presence,
    SessionTime,
    minutes_of,
)


class Standing(StrEnum):
    """How a participant stands against the hours that the certificate asks for."""

    OUT_OF_REACH = "out_of_reach"
    BEHIND = "behind"
    ON_COURSE = "on_course"
    REACHED = "reached"

    @property
    def needs_attention(self) -> bool:
        return self in (Standing.OUT_OF_REACH, Standing.BEHIND)


@dataclass(frozen=True)
class PlannedModule:
    """A module of the programme and its planned minutes."""

    id: int
    planned: Minutes


@dataclass(frozen=True)
class HeldSession:
    """A session as the ledger sees it. `actual` is the real time where one was recorded."""

    id: int
    module_id: int | None
    scheduled: SessionTime
    has_ended: bool
    actual: SessionTime | None = None

    @cached_property
    def time(self) -> SessionTime:
        """What counts: the real time, else the scheduled one."""
        return self.actual or self.scheduled

    @property
    def delivered(self) -> Minutes:
        """Minutes that really took place; nothing before the session has ended."""
        return self.time.minutes if self.has_ended else 0


@dataclass(frozen=True)
class Requirement:
    """What the programme asks and how it treats an excuse."""

    threshold_percent: int
    excused_earns_hours: bool = False

    def needed_of(self, planned: Minutes) -> Minutes:
        """The least whole number of minutes that is `threshold_percent` of `planned`."""
        return -(-planned * self.threshold_percent // 100)


@dataclass(frozen=True)
class Course:
    """What is the same for every participant: modules, sessions in order, requirement."""

    modules: tuple[PlannedModule, ...]
    sessions: tuple[HeldSession, ...]
    requirement: Requirement

    @classmethod
    def of(
        cls,
        modules: Iterable[PlannedModule],
        sessions: Iterable[HeldSession],
        requirement: Requirement,
    ) -> "Course":
        """A course whose sessions are in the order in which they begin."""
        ordered = sorted(sessions, key=lambda each: (each.time.start, each.id))
        return cls(tuple(modules), tuple(ordered), requirement)

    @cached_property
    def planned(self) -> Minutes:
        return sum(module.planned for module in self.modules)

    @cached_property
    def scheduled(self) -> Minutes:
        return sum(each.scheduled.minutes for each in self.sessions)

    @cached_property
    def delivered(self) -> Minutes:
        return sum(each.delivered for each in self.sessions)

    @cached_property
    def needed(self) -> Minutes:
        return self.requirement.needed_of(self.planned)

    @cached_property
    def totals(self) -> "tuple[ModuleTotal, ...]":
        """Planned, scheduled and delivered minutes by module, in the programme's order."""
        return tuple(
            ModuleTotal(
                module_id=module.id,
                planned=module.planned,
                scheduled=sum(each.scheduled.minutes for each in self._in(module.id)),
                delivered=sum(each.delivered for each in self._in(module.id)),
                to_come=sum(
                    each.time.minutes for each in self._in(module.id) if not each.has_ended
                ),
            )
            for module in self.modules
        )

    @cached_property
    def columns(self) -> "tuple[tuple[HeldSession, Minutes, Minutes], ...]":
        """Each session with its contact time and what of it was delivered."""
        return tuple((each, each.time.minutes, each.delivered) for each in self.sessions)

    def line(self, *facts: Any) -> "SessionLine":
        """A session's line; participants with the same facts share one."""
        known = self._lines.get(facts)
        if known is None:
            known = self._lines[facts] = SessionLine(*facts)
        return known

    @cached_property
    def _lines(self) -> "dict[tuple[Any, ...], SessionLine]":
        return {}

    def _in(self, module_id: int) -> Sequence[HeldSession]:
        return [each for each in self.sessions if each.module_id == module_id]


@dataclass(frozen=True)
class ModuleTotal:
    """What one module promises and what has been given of it."""

    module_id: int
    planned: Minutes
    scheduled: Minutes
    delivered: Minutes
    to_come: Minutes


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One participant at one session. `status` is None where nobody marked."""

    session_id: int
    status: AttendanceStatus | None
    delivered: Minutes
    attended: Minutes
    excused: Minutes
    credited: Minutes


@dataclass(frozen=True, slots=True)
class ModuleLine:
    """One participant in one module, summed over its sessions."""

    module_id: int
    planned: Minutes
    delivered: Minutes
    attended: Minutes
    excused: Minutes
    credited: Minutes
    unmarked: Minutes
    reachable: Minutes


@dataclass(frozen=True, slots=True)
class ParticipantLedger:
    """One participant over the whole programme.

    `credited` is the figure so far, `planned` the whole, `reachable` the most that
    can still be credited. `unmarked` are delivered minutes that nobody has marked.
    """

    planned: Minutes
    needed: Minutes
    delivered: Minutes
    attended: Minutes
    excused: Minutes
    credited: Minutes
    unmarked: Minutes
    reachable: Minutes
    standing: Standing
    modules: tuple[ModuleLine, ...]
    sessions: tuple[SessionLine, ...]

    @property
    def is_enough(self) -> bool:
        """Whether the hours that the certificate asks for are reached."""
        return self.credited >= self.needed

    @property
    def can_be_enough(self) -> bool:
        """Whether they are reached or still can be."""
        return self.reachable >= self.needed


def participant_ledger(course: Course, marks: Mapping[int, Presence]) -> ParticipantLedger:
    """Add up one participant; `marks` holds the mark in force by session.

    A session that nobody marked is unmarked, not missed: its minutes stay reachable.
    An excused absence is not attended; whether it is credited is the programme's rule,
    so credited ≤ attended, or ≤ attended + excused where excuses earn hours.
    """
    room = {module.id: module.planned for module in course.modules}
    sums = {module.id: _Sums() for module in course.modules}
    nowhere = _Sums()
    excused_earns = course.requirement.excused_earns_hours
    lines = []
    for held, length, delivered in course.columns:
        presence = marks.get(held.id)
        status, there, is_excused = None, 0, False
        if presence is not None:
            status = presence.status
            there = length if presence is PRESENT else minutes_of(presence, held.time)
            is_excused = status is AttendanceStatus.EXCUSED
        earned = length if is_excused and excused_earns else there
        of_module = nowhere if held.module_id is None else sums[held.module_id]
        if presence is not None:
            of_module.missed += length - earned
        credited = attended = excused = 0
        if held.has_ended:
            attended, excused = there, length if is_excused else 0
            if held.module_id is not None:
                credited = min(earned, room[held.module_id])
                room[held.module_id] -= credited
            of_module.delivered += length
            of_module.attended += attended
            of_module.excused += excused
            of_module.credited += credited
            if presence is None:
                of_module.unmarked += length
        lines.append(course.line(held.id, status, delivered, attended, excused, credited))
    modules = tuple(_module_line(total, sums[total.module_id]) for total in course.totals)
    credited = sum(each.credited for each in modules)
    reachable = sum(each.reachable for each in modules)
    return ParticipantLedger(
        planned=course.planned,
        needed=course.needed,
        delivered=nowhere.delivered + sum(each.delivered for each in modules),
        attended=nowhere.attended + sum(each.attended for each in modules),
        excused=nowhere.excused + sum(each.excused for each in modules),
        credited=credited,
        unmarked=nowhere.unmarked + sum(each.unmarked for each in modules),
        reachable=reachable,
        standing=standing_of(course, credited=credited, reachable=reachable, modules=modules),
        modules=modules,
        sessions=tuple(lines),
    )


class _Sums:
    """Running sums of one module."""

    __slots__ = ("attended", "credited", "delivered", "excused", "missed", "unmarked")

    def __init__(self) -> None:
        self.delivered = self.attended = self.excused = 0
        self.credited = self.unmarked = self.missed = 0


def _module_line(total: ModuleTotal, sums: _Sums) -> ModuleLine:
    # What is planned and not yet scheduled can still be given, so it is not lost.
    offered = max(total.planned, total.delivered + total.to_come)
    return ModuleLine(
        module_id=total.module_id,
        planned=total.planned,
        delivered=sums.delivered,
        attended=sums.attended,
        excused=sums.excused,
        credited=sums.credited,
        unmarked=sums.unmarked,
        reachable=min(total.planned, offered - sums.missed),
    )


def standing_of(
    course: Course, *, credited: Minutes, reachable: Minutes, modules: Iterable[ModuleLine]
) -> Standing:
    """How somebody stands against what the course asks."""
    if credited >= course.needed:
        return Standing.REACHED
    if reachable < course.needed:
        return Standing.OUT_OF_REACH
    if course.delivered and not any(total.to_come for total in course.totals):
        return Standing.BEHIND  # nothing more is planned: only a mark or a session can help
    # Behind: of what was given and marked so far, less was earned than the programme asks.
    given = sum(min(each.planned, each.delivered) - each.unmarked for each in modules)
    if credited < course.requirement.needed_of(max(0, given)):
        return Standing.BEHIND
    return Standing.ON_COURSE
