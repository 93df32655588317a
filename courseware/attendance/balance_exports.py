"""The tandem balance as a spreadsheet: one row for each trainer, university and country."""

from babel import Locale

from courseware.attendance.balance_rules import Share
from courseware.attendance.balance_service import TandemBalance
from courseware.hours import academic
from courseware.i18n import _, language
from courseware.tables import Cell, Sheet, write_xlsx
from courseware.texts import choose


def country_word(code: str) -> str:
    """The name of a country in the language of this answer."""
    if not code:
        return _("not said")
    return Locale.parse(language()).territories.get(code) or code


def balance_workbook(found: TandemBalance) -> bytes:
    """The whole and each share, in academic hours and in minutes."""
    programme = found.cohort.programme
    hour = programme.academic_hour_minutes

    def row(kind: str, name: str, organisation: str, share: Share) -> list[Cell]:
        in_hours = [
            round(float(academic(minutes, hour)), 4)
            for minutes in (share.scheduled, share.delivered, share.together)
        ]
        return [
            kind, name, organisation, share.sessions, *in_hours, share.scheduled, share.delivered,
            share.together,
        ]  # fmt: skip

    rows = [row(_("whole cohort"), found.cohort.code, "", found.balance.whole)]
    for id, share in found.balance.by_organisation.items():
        organisation = found.organisations.get(id)
        name = choose(organisation.names, language()) if organisation else _("not said")
        rows.append(row(_("university"), name, "", share))
    for code, share in found.balance.by_country.items():
        rows.append(row(_("country"), country_word(code), "", share))
    for trainer, share in found.balance.by_trainer.items():
        teaching_for = found.teaching_for.get(trainer)
        short = teaching_for.short_name if teaching_for else ""
        rows.append(row(_("trainer"), found.trainers[trainer].name, short, share))
    return write_xlsx(
        Sheet(
            _("Tandem balance"),
            [
                _("Of"),
                _("Name"),
                _("Organisation"),
                _("Sessions"),
                _("Planned"),
                _("Delivered"),
                _("of it together"),
                _("Planned, minutes"),
                _("Delivered, minutes"),
                _("of it together, minutes"),
            ],
            rows,
            intro=[
                _(
                    "%(programme)s, cohort %(cohort)s. "
                    "Hours are academic hours of %(minutes)s minutes.",
                    programme=choose(programme.titles, language()),
                    cohort=found.cohort.code,
                    minutes=hour,
                )
            ],
            frozen_columns=2,
        )
    )
