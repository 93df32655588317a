"""What a browser may send about a sheet of registers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from courseware.attendance.forms import presence_from
from courseware.attendance.grid_rules import cell_text, read_cell
from courseware.attendance.grid_service import (
    Grid,
    GridColumn,
    GridOutline,
    GridPerson,
    GridRow,
)
from courseware.attendance.service import WantedMark
from courseware.i18n import _
from courseware.schedule.models import TrainingSession

LONGEST_CELL = 20
WAS = "was:"


@dataclass(frozen=True)
class GridChoice:
    """Which part of the sheet a page shows, as its address says."""

    part: str
    page: int
    sessions: tuple[TrainingSession, ...]
    pages: list[tuple[GridPerson, ...]]

    @classmethod
    def read(cls, outline: GridOutline, sent: Mapping[str, str]) -> "GridChoice":
        part, page = sent.get("sessions", ""), sent.get("page", "")
        sessions = outline.sessions_of(part)
        pages = outline.pages_of(sessions)
        wanted = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
        known = part if sessions != outline.sessions else ""
        return cls(known, min(max(wanted, 1), len(pages)), sessions, pages)

    @property
    def people(self) -> tuple[GridPerson, ...]:
        return self.pages[self.page - 1]

    def address(self, page: int) -> dict[str, Any]:
        """What the address of another page of this choice says."""
        said = {"sessions": self.part, "page": str(page) if page > 1 else ""}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True)
class Overtaken:
    """A cell that somebody else changed since the page was made: it keeps what it says."""

    row: GridRow
    column: GridColumn
    theirs: str
    mine: str


@dataclass
class GridForm:
    """A sheet of cells. Only what differs from what the page showed (`was`) is wanted.

    A cell is named by its participant and by the place of its session among those that the page
    showed, so that a thousand names are short; what else is sent says which these were.
    """

    grid: Grid
    wanted: dict[int, dict[int, WantedMark]] = field(default_factory=dict)
    overtaken: list[Overtaken] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    shown: dict[tuple[str, int], str] = field(default_factory=dict)
    """What the page showed, by participant and column."""
    typed: dict[tuple[str, int], str] = field(default_factory=dict)
    homeless: int = 0
    """Cells that were filled for somebody, or for a session, no longer in the cohort."""

    def read(self, sent: Mapping[str, str]) -> bool:
        """Read what was sent; True when nothing needs correcting."""
        places = {each.training_session.public_id: n for n, each in enumerate(self.grid.columns)}
        rows = {row.public_id: row for row in self.grid.rows}
        shown = sent.get("sessions", "").split()
        for name, before in sent.items():
            if not name.startswith(WAS):
                continue
            public_id = name.removeprefix(WAS)
            row = rows.get(public_id)
            for number, (session, was) in enumerate(zip(shown, before.split("|"), strict=False)):
                typed = " ".join(sent.get(f"{public_id}:{number}", was)[: LONGEST_CELL + 1].split())
                place = places.get(session)
                if row is None or place is None:
                    self.homeless += typed.upper() != was
                else:
                    self._read_cell(row, place, was, typed)
        return not self.errors

    def _read_cell(self, row: GridRow, place: int, was: str, typed: str) -> None:
        column = self.grid.columns[place]
        self.shown[row.public_id, place] = was
        now = cell_text(row.marks[place], self.grid.zone)
        if typed.upper() in (was, now):
            return
        self.typed[row.public_id, place] = typed
        mark, problem = self._mark(typed, column)
        if mark is None or problem:
            where = f"{row.names[0]}, {column.training_session.code}"
            self.errors.append((cell_name(row, place), f"{where}: {problem}"))
        elif cell_text(mark.presence, self.grid.zone) == now:
            return
        elif was != now:
            self.overtaken.append(Overtaken(row, column, now, typed))
        else:
            self.wanted.setdefault(place, {})[row.enrolment_id] = mark

    def _mark(self, typed: str, column: GridColumn) -> tuple[WantedMark | None, str]:
        if column.is_closed:
            return None, _("The register was closed meanwhile. Open it again to change marks.")
        if column.is_to_come:
            return None, _("The session has not begun.")
        said = read_cell(typed)
        if said is None:
            return None, _(
                "“%(typed)s” is not a mark. Type P, A or E, or L 09:20, Y 10:10, T 09:20-10:10; "
                "empty the cell where there is no mark.",
                typed=typed[:LONGEST_CELL],
            )
        if said.status is None:
            return WantedMark(None), ""
        presence, problem = presence_from(
            said.status, said.came, said.left, column.time, self.grid.zone
        )
        return WantedMark(presence), problem


def picked(
    outline: GridOutline, sent: Mapping[str, str]
) -> tuple[tuple[TrainingSession, ...], tuple[GridPerson, ...]]:
    """The sessions and people of a sent sheet that still are in the cohort."""
    sessions = set(sent.get("sessions", "").split())
    people = {name.removeprefix(WAS) for name in sent if name.startswith(WAS)}
    return (
        tuple(each for each in outline.sessions if each.public_id in sessions),
        tuple(each for each in outline.people if each.public_id in people),
    )


def cell_name(row: GridRow, place: int) -> str:
    """The name of a cell's field."""
    return f"{row.public_id}:{place}"
