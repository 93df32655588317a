"""Routes: the registers of a whole cohort, filled from the keyboard."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import grid_service
from courseware.attendance.grid_forms import GridChoice, GridForm, cell_name, picked
from courseware.attendance.grid_rules import LETTERS, cell_text
from courseware.attendance.grid_service import SavedGrid
from courseware.attendance.ledger_views import bp
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.i18n import _, ngettext
from courseware.permissions import Permission, requires, signed_in_user

MOST_SAID = 5


@bp.route("/cohorts/<public_id>/attendance/grid", methods=["GET", "POST"])
@requires(Permission.RECORD_ATTENDANCE, on=find_cohort)
def grid(cohort: Cohort) -> ResponseReturnValue:
    """All registers of a cohort on one sheet, or a part of it, to be typed from paper."""
    now = clock.now()
    outline = grid_service.read_outline(cohort)
    choice = GridChoice.read(outline, request.args)
    sessions, people = choice.sessions, choice.people
    if request.method == "POST":
        sessions, people = picked(outline, request.form)
    form = GridForm(grid_service.read_grid(outline, sessions, people, now=now))
    if request.method == "POST" and form.read(request.form):
        page = choice.page
        if request.form.get("act") == "next" and page < len(choice.pages):
            page += 1
        address = url_for("attendance.grid", public_id=cohort.public_id, **choice.address(page))
        saved = grid_service.record_grid(
            form.grid, form.wanted, by=signed_in_user(), now=now, key=request.form.get("_key")
        )
        db.session.commit()
        _tell(form, saved)
        return redirect(address, 303)
    return (
        render_template(
            "attendance/grid.html",
            cohort=cohort,
            outline=outline,
            choice=choice,
            grid=form.grid,
            form=form,
            wrong={name for name, _message in form.errors},
            letters=LETTERS,
            cell_name=cell_name,
            cell_text=cell_text,
        ),
        422 if form.errors else 200,
    )


def _tell(form: GridForm, saved: SavedGrid) -> None:
    """What was saved, what was not because somebody else was quicker, and who says otherwise."""
    for each in form.overtaken[:MOST_SAID]:
        flash(
            _(
                "%(name)s, %(code)s: you typed “%(mine)s”, and meanwhile somebody else marked "
                "“%(theirs)s”. Nothing was overwritten.",
                name=each.row.names[0],
                code=each.column.training_session.code,
                mine=each.mine,
                theirs=each.theirs or "–",
            ),
            "warning",
        )
    if more := len(form.overtaken[MOST_SAID:]):
        flash(
            ngettext(
                "%(num)s more cell was changed by somebody else meanwhile and was not overwritten.",
                "%(num)s more cells were changed by somebody else meanwhile and were not "
                "overwritten.",
                more,
            ),
            "warning",
        )
    if form.homeless:
        flash(
            ngettext(
                "%(num)s mark was not saved: its participant or its session is no longer in this "
                "cohort.",
                "%(num)s marks were not saved: their participants or their sessions are no longer "
                "in this cohort.",
                form.homeless,
            ),
            "warning",
        )
    flash(ngettext("%(num)s mark is saved.", "%(num)s marks are saved.", saved.added))
    if saved.differing:
        flash(
            ngettext(
                "Somebody else says something different in %(num)s of these cells. Your mark "
                "counts, and the cell is disputed until that is settled.",
                "Somebody else says something different in %(num)s of these cells. Your marks "
                "count, and the cells are disputed until that is settled.",
                saved.differing,
            ),
            "warning",
        )
    if saved.agreed:
        flash(
            ngettext(
                "%(num)s cell is no longer disputed: all say the same now.",
                "%(num)s cells are no longer disputed: all say the same now.",
                saved.agreed,
            )
        )
