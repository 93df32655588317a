"""The example course, run through the same commands and imports that a coordinator uses.

    python -m courseware.demo [--no-serve]

What it makes lies in `<var>/demo/`. A second run finds the course there and only serves it.
"""

import secrets
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask

from courseware import clock, create_app
from courseware.accounts import service as accounts
from courseware.attendance import state_service as attendance
from courseware.cli import make_group
from courseware.cohorts import service as cohorts
from courseware.db import db
from courseware.schedule import service as schedule
from courseware.tables import read_table
from courseware.workbooks import Sheet, write_workbook

PROGRAMME = "research-services"
COHORT = "ektu-tsuc-2025"
NEXT_COHORT = "ektu-tsuc-next"
ZONE = "Asia/Dushanbe"

ADMINISTRATOR = "administrator@demo.example"
COORDINATOR = "coordinator@demo.example"
APPROVERS = {
    "EKTU": ("Asylbek Approver", "approver.ektu@demo.example"),
    "TSUC": ("Anora Approver", "approver.tsuc@demo.example"),
}

# S06 ended half an hour early; see examples/ektu-tsuc-2025/README.md.
ENDED_EARLY = ("S06", timedelta(minutes=30), "A power cut in the building")


class Demo:
    """One run of the example course."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.settings = app.config["SETTINGS"]
        self.files = self.settings.root / "examples" / "ektu-tsuc-2025"
        self.folder: Path = self.settings.var / "demo"
        self.group = make_group(lambda: app)

    def command(self, *arguments: str | Path) -> None:
        """Run one command as an operator would, and show it."""
        words = [str(argument) for argument in arguments]
        shown = [self._short(word) for word in words]
        click.secho("$ courseware " + " ".join(shown), bold=True)
        self.group.main(args=words, prog_name="courseware", standalone_mode=False)

    def _short(self, word: str) -> str:
        return word.replace(f"{self.settings.root}/", "").replace(f"{self.settings.var}/", "var/")

    def run(self) -> None:
        """Everything from an empty database to the report."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.command("db", "upgrade")
        with self.app.app_context():
            is_there = cohorts.find_cohort_by_code(NEXT_COHORT) is not None
        if is_there:
            click.echo("The example course is there already; `make clean` removes it.")
        else:
            self.set_up()
            self.teach()
            self.ask()
            self.certify()
            self.begin_the_next_one()
        self.write_files()

    def set_up(self) -> None:
        """People who run it, programme, cohort, participants, schedule."""
        files = self.files
        self.command("user", "add", ADMINISTRATOR, "--role", "administrator",
                     "--name", "Ada Administrator")  # fmt: skip
        self.command("programme", "load", files / "programme.yaml")
        self.command("programme", "release", PROGRAMME)
        self.command("user", "add", COORDINATOR, "--role", "coordinator", "--of", PROGRAMME,
                     "--name", "Korlan Coordinator")  # fmt: skip
        self.command("cohort", "create", PROGRAMME, COHORT,
                     "--starts", "2025-04-07", "--timezone", ZONE)  # fmt: skip
        self.command("participants", "import", COHORT, files / "participants.xlsx")
        self.command("schedule", "import", COHORT, files / "schedule.xlsx")
        self.command("sessions", COHORT)

    def teach(self) -> None:
        """Registers from the rooms, reports from the online sessions; all closed at the end."""
        for path in sorted((self.files / "registers").glob("*.xlsx")):
            self.command("attendance", "import", COHORT, path.stem, path)
        for path in sorted((self.files / "online").glob("*.csv")):
            session = path.stem.partition("-")[0]
            self.command("attendance", "import", COHORT, session, path,
                         "--aliases", self.files / "aliases.csv", "--others-absent")  # fmt: skip
        with self.app.app_context():
            cohort = self._cohort(COHORT)
            coordinator = accounts.acting_person(COORDINATOR)
            now = clock.now()
            code, missing, reason = ENDED_EARLY
            for one in schedule.list_sessions(cohort):
                if one.code == code:
                    schedule.record_delivery(
                        one, starts_at=one.starts_at, ends_at=one.ends_at - missing,
                        reason=reason, by=coordinator, now=now,
                    )  # fmt: skip
                attendance.close_register(one, by=coordinator, now=now)
            for enrolment in cohorts.list_enrolments(cohort):
                cohorts.confirm_name(enrolment, by=enrolment.user, now=now)
            db.session.commit()
        self.command("ledger", COHORT)

    def ask(self) -> None:
        """Answers about sessions and about the course."""
        folder = self.files / "feedback"
        for path in sorted(folder.glob("session-*.csv")):
            session = path.stem.removeprefix("session-")
            self.command("feedback", "import", COHORT, path,
                         "--questionnaire", "session", "--session", session)  # fmt: skip
        self.command("feedback", "import", COHORT, folder / "course.csv",
                     "--questionnaire", "course")  # fmt: skip

    def certify(self) -> None:
        """Certificates for those who have earned one, when both universities have agreed."""
        self.name_approvers(COHORT)
        self.command("certificates", "propose", COHORT, "--by", COORDINATOR, "--let-pass", "all")
        for code, (_name, email) in APPROVERS.items():
            self.command("certificates", "agree", COHORT, code, "--by", email)
        self.command("certificates", "issue", COHORT, "--by", COORDINATOR)

    def name_approvers(self, cohort: str) -> None:
        """One approver for each university; they need no account."""
        for code, (name, email) in APPROVERS.items():
            self.command("certificates", "approver", cohort, code, "--name", name,
                         "--email", email, "--by", COORDINATOR)  # fmt: skip

    def begin_the_next_one(self) -> None:
        """The same course again, beginning today, so that there is something to do."""
        today = clock.now().date()
        self.command("cohort", "create", PROGRAMME, NEXT_COHORT,
                     "--starts", today.isoformat(), "--timezone", ZONE)  # fmt: skip
        self.command("participants", "import", NEXT_COHORT, self.files / "participants.xlsx")
        path = self.folder / "schedule-next.xlsx"
        path.write_bytes(self._schedule_from(today))
        self.command("schedule", "import", NEXT_COHORT, path)
        self.name_approvers(NEXT_COHORT)

    def _schedule_from(self, today: date) -> bytes:
        table = read_table((self.files / "schedule.xlsx").read_bytes(), "schedule.xlsx")
        column = table.column("date")
        assert column is not None
        days = [date.fromisoformat(row[column][:10]) for row in table.rows]
        shift = today - min(days)
        rows = [
            [*row.cells[:column], (day + shift).isoformat(), *row.cells[column + 1 :]]
            for row, day in zip(table.rows, days, strict=True)
        ]
        return write_workbook([Sheet("Schedule", table.header, rows)])

    def write_files(self) -> None:
        """What a coordinator hands on, into `<var>/demo/`."""
        self.command("ledger", COHORT, "--output", self.folder / "ledger.xlsx")
        for ending in ("pdf", "xlsx", "json"):
            self.command("feedback", "report", COHORT,
                         "--output", self.folder / f"feedback-report.{ending}")  # fmt: skip
        certificates = self.folder / "certificates"
        shutil.rmtree(certificates, ignore_errors=True)
        self.command("certificates", "export", COHORT, "--output", certificates)
        register = certificates / "register.xlsx"
        if register.exists():
            register.replace(self.folder / "register.xlsx")

    def sign_ins(self) -> list[tuple[str, str]]:
        """One person of each role with a fresh password."""
        with self.app.app_context():
            cohort = self._cohort(NEXT_COHORT)
            lead = schedule.list_sessions(cohort)[0].trainers[0].user
            participant = cohorts.list_enrolments(cohort)[0].user
            password = "-".join(secrets.choice(_WORDS) for _ in range(4))
            people = [
                ("administrator", accounts.acting_person(ADMINISTRATOR)),
                ("coordinator", accounts.acting_person(COORDINATOR)),
                ("trainer", lead),
                ("participant", participant),
            ]
            for _role, user in people:
                accounts.set_password(user, password, by=user, now=clock.now())
            db.session.commit()
            return [(role, f"{user.email}  {password}") for role, user in people]

    def _cohort(self, code: str) -> Any:
        cohort = cohorts.find_cohort_by_code(code)
        assert cohort is not None
        return cohort


_WORDS = (
    "apricot", "barley", "bridge", "canal", "carpet", "cedar", "copper", "falcon", "harbour",
    "juniper", "kettle", "lantern", "melon", "meadow", "mountain", "orchard", "pepper",
    "pomegranate", "poplar", "quince", "river", "saddle", "saffron", "steppe", "sunrise",
    "tulip", "valley", "walnut", "willow", "winter",
)  # fmt: skip


def main() -> None:
    """Run the example, say where everything is, and serve it unless told not to."""
    if set(sys.argv[1:]) - {"--no-serve"}:
        raise SystemExit(__doc__)
    demo = Demo(create_app())
    demo.run()
    click.echo()
    click.secho(f"The files are in {demo._short(str(demo.folder))}/, mail in var/mail/.", bold=True)
    click.echo(f"The address is {demo.settings.base_url}; one sign-in for each role:")
    for role, words in demo.sign_ins():
        click.echo(f"  {role:<14} {words}")
    if "--no-serve" not in sys.argv:
        demo.command("serve")


if __name__ == "__main__":
    main()
