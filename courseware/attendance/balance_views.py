"""Routes: the tandem balance of a cohort."""

from collections.abc import Mapping
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance.balance_exports import balance_workbook, country_word
from courseware.attendance.balance_rules import Share
from courseware.attendance.balance_service import TandemBalance, tandem_balance
from courseware.attendance.ledger_views import as_file, bp
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.i18n import _, language
from courseware.permissions import Permission, requires
from courseware.texts import choose

Rows = list[tuple[str, str, Share]]


@bp.get("/cohorts/<public_id>/attendance/balance")
@requires(Permission.SEE_LEDGER, on=find_cohort)
def balance(cohort: Cohort) -> ResponseReturnValue:
    """Hours led per trainer, university and country, planned against delivered."""
    found = tandem_balance(cohort, now=clock.now())
    return render_template(
        "attendance/balance.html",
        cohort=cohort,
        tandem=found,
        organisations=_by_need(found.balance.by_organisation, found, _organisation),
        countries=_by_need(found.balance.by_country, found, _country),
        trainers=_by_need(found.balance.by_trainer, found, _trainer),
    )


@bp.get("/cohorts/<public_id>/attendance/balance.xlsx")
@requires(Permission.SEE_LEDGER, on=find_cohort)
def balance_file(cohort: Cohort) -> ResponseReturnValue:
    """The same as a spreadsheet."""
    data = balance_workbook(tandem_balance(cohort, now=clock.now()))
    return as_file(data, f"{cohort.code}-balance.xlsx")


def _by_need(shares: Mapping[Any, Share], found: TandemBalance, name: Any) -> Rows:
    """Who led most first, then by name."""
    rows = [(*name(found, key), share) for key, share in shares.items()]
    return sorted(rows, key=lambda row: (-row[2].delivered, -row[2].scheduled, row[0].casefold()))


def _organisation(found: TandemBalance, id: int | None) -> tuple[str, str]:
    organisation = found.organisations.get(id)
    if organisation is None:
        return _("not said"), ""
    return choose(organisation.names, language()), organisation.short_name


def _country(_found: TandemBalance, code: str) -> tuple[str, str]:
    return country_word(code), ""


def _trainer(found: TandemBalance, id: int) -> tuple[str, str]:
    organisation = found.teaching_for.get(id)
    return found.trainers[id].name, organisation.short_name if organisation else ""
