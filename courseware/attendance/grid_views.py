"""Routes: the registers of a whole cohort, filled from the keyboard."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import grid_service
from courseware.attendance.grid_forms import GridForm, cell_name
from courseware.attendance.grid_rules import LETTERS, cell_text
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
    """All registers of a cohort on one sheet, to be typed from paper."""
    now = clock.now()
    form = GridForm(grid_service.read_grid(cohort, now=now))
    if request.method == "POST" and form.read(request.form):
        address = url_for("attendance.grid", public_id=cohort.public_id)
        added = grid_service.record_grid(
            form.grid, form.wanted, by=signed_in_user(), now=now, key=request.form.get("_key")
        )
        db.session.commit()
        _tell(form, added)
        return redirect(address, 303)
    return (
        render_template(
            "attendance/grid.html",
            cohort=cohort,
            grid=form.grid,
            errors=form.errors,
            wrong={name for name, _message in form.errors},
            sent=request.form,
            letters=LETTERS,
            cell_name=cell_name,
            cell_text=cell_text,
        ),
        422 if form.errors else 200,
    )


def _tell(form: GridForm, added: int) -> None:
    """What was saved, and what was not because somebody else was quicker."""
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
    flash(ngettext("%(num)s mark is saved.", "%(num)s marks are saved.", added))
