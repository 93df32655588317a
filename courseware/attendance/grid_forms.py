"""What a browser may send about a whole grid of registers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from courseware.attendance.forms import presence_from
from courseware.attendance.grid_rules import cell_text, read_cell
from courseware.attendance.grid_service import Grid, GridColumn, GridRow
from courseware.attendance.service import WantedMark
from courseware.i18n import _

LONGEST_CELL = 20


@dataclass(frozen=True)
class Overtaken:
    """A cell that somebody else changed since the page was made: it keeps what it says."""

    row: GridRow
    column: GridColumn
    theirs: str
    mine: str


@dataclass
class GridForm:
    """A sheet of cells. Only what differs from what the page showed (`was`) is wanted."""

    grid: Grid
    wanted: dict[int, dict[int, WantedMark]] = field(default_factory=dict)
    overtaken: list[Overtaken] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)

    def read(self, sent: Mapping[str, str]) -> bool:
        """Read what was sent; True when nothing needs correcting."""
        places = {each.training_session.public_id: n for n, each in enumerate(self.grid.columns)}
        shown = [places.get(each) for each in sent.get("sessions", "").split()]
        for row in self.grid.rows:
            before = sent.get(f"was:{row.public_id}", "").split("|")
            for place, was in zip(shown, before, strict=False):
                if place is not None:
                    self._read_cell(row, place, was, sent)
        return not self.errors

    def _read_cell(self, row: GridRow, place: int, was: str, sent: Mapping[str, str]) -> None:
        column = self.grid.columns[place]
        name = cell_name(row, column)
        typed = " ".join(sent.get(name, was)[: LONGEST_CELL + 1].split())
        now = cell_text(row.marks[place], self.grid.zone)
        if typed.upper() in (was, now):
            return
        mark, problem = self._mark(typed, column)
        if mark is None or problem:
            where = f"{row.names[0]}, {column.training_session.code}"
            self.errors.append((name, f"{where}: {problem}"))
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


def cell_name(row: GridRow, column: GridColumn) -> str:
    """The name of a cell's field."""
    return f"c:{row.public_id}:{column.training_session.public_id}"
