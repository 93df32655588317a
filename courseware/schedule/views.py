"""The schedule of a cohort, its sessions, the import of a sheet, and calendar feeds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.cohorts.models import Cohort, ImportDraft
from courseware.cohorts.service import drop_draft, find_cohort, find_draft, keep_draft
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.i18n import LANGUAGES, _, language, sentence, zone_name
from courseware.permissions import Permission, may, requires, signed_in_user
from courseware.schedule import calendar_service, planning_service, service
from courseware.schedule.exports import calendar_of, city_of, schedule_workbook, title_of
from courseware.schedule.forms import DeliveryForm, ScheduleFileForm, SessionForm
from courseware.schedule.models import CalendarFeed, TrainingSession, Venue
from courseware.schedule.rules import NoSuchTime, moment
from courseware.texts import choose

bp = Blueprint("schedule", __name__)
DRAFT = "schedule"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.app_template_filter("city")
def city(venue: Venue) -> str:
    """The city of a venue in the language of the page."""
    return city_of(venue, language())


@bp.app_template_filter("session_title")
def session_title(training_session: TrainingSession) -> str:
    """What a session is called in the language of the page."""
    return title_of(training_session, language())


@dataclass(frozen=True)
class Day:
    """One day of a schedule in the cohort's zone."""

    date: date
    sessions: list[TrainingSession]


def days_of(sessions: Iterable[TrainingSession], zone: str) -> list[Day]:
    """Sessions, which are in order, by the day on which they begin in `zone`."""
    days: list[Day] = []
    for one in sessions:
        on = one.starts_at.astimezone(ZoneInfo(zone)).date()
        if not days or days[-1].date != on:
            days.append(Day(on, []))
        days[-1].sessions.append(one)
    return days


@bp.get("/cohorts/<public_id>/schedule")
@requires(Permission.SEE_COHORT, on=find_cohort)
def index(cohort: Cohort) -> ResponseReturnValue:
    """The schedule by day."""
    sessions = service.list_sessions(cohort)
    edits = may(signed_in_user(), Permission.EDIT_SCHEDULE, cohort)
    today = clock.now().astimezone(ZoneInfo(cohort.timezone)).date()
    return render_template(
        "schedule/index.html",
        cohort=cohort,
        sessions=sessions,
        days=days_of(sessions, cohort.timezone),
        zones=list(dict.fromkeys(zone_name(cohort.timezone, one.starts_at) for one in sessions)),
        today=today,
        now=clock.now(),
        edits=edits,
        warnings=service.warnings_of(cohort, sessions) if edits and sessions else [],
        scheduled=sum(one.contact_minutes for one in sessions),
        feed=calendar_service.find_feed_of_cohort(cohort),
    )


@bp.get("/cohorts/<public_id>/schedule.xlsx")
@requires(Permission.EDIT_SCHEDULE, on=find_cohort)
def workbook(cohort: Cohort) -> ResponseReturnValue:
    """A workbook with the trainers' addresses; changed, it can be imported again."""
    content = schedule_workbook(
        cohort, service.list_sessions(cohort), service.organisations_of_trainers(cohort)
    )
    return Response(
        content,
        mimetype=XLSX,
        headers={"Content-Disposition": 'attachment; filename="schedule.xlsx"'},
    )


# Import -------------------------------------------------------------------------------------


@bp.route("/cohorts/<public_id>/schedule/import", methods=["GET", "POST"])
@requires(Permission.EDIT_SCHEDULE, on=find_cohort)
def upload(cohort: Cohort) -> ResponseReturnValue:
    """Choose a file; what it would change is shown next."""
    form = ScheduleFileForm()
    problems: list[str] = []
    if form.validate_on_submit():
        content, file_name = form.file.data.read(), (form.file.data.filename or "")[-200:]
        try:
            planning_service.read_for(cohort, content, file_name)
        except BadInput as error:
            problems = [sentence(message) for message in error.messages]
        else:
            draft = keep_draft(
                cohort,
                DRAFT,
                file_name=file_name,
                content=content,
                by=signed_in_user(),
                now=clock.now(),
            )
            db.session.commit()
            return redirect(url_for("schedule.preview", public_id=draft.public_id), 303)
    status = 422 if form.is_submitted() else 200
    return (
        render_template(
            "schedule/upload.html", cohort=cohort, form=form, problems=problems, now=clock.now()
        ),
        status,
    )


def find_schedule_draft(public_id: str) -> ImportDraft | None:
    """An uploaded schedule that waits for its uploader's decision."""
    draft = find_draft(public_id)
    return draft if draft is not None and draft.kind == DRAFT else None


@bp.route("/schedule-imports/<public_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SCHEDULE, on=find_schedule_draft)
def preview(draft: ImportDraft) -> ResponseReturnValue:
    """What the file would change; accepted as a whole or not at all."""
    cohort, file_name = draft.cohort, draft.file_name
    sheet = planning_service.read_for(cohort, draft.content, file_name)
    if request.method == "POST":
        verdicts = planning_service.import_schedule(
            cohort, sheet.sessions, by=signed_in_user(), now=clock.now()
        )
        drop_draft(draft)
        db.session.commit()
        taken = sum(verdict.verdict != "same" for verdict in verdicts)
        flash(_("The schedule is imported: %(count)s sessions new or changed.", count=taken))
        return redirect(url_for("schedule.index", public_id=cohort.public_id), 303)
    verdicts = planning_service.verdicts_of(cohort, sheet.sessions)
    names = planning_service.names_of_trainers(sheet.sessions)
    return render_template(
        "schedule/preview.html",
        cohort=cohort,
        file_name=file_name,
        draft=draft,
        verdicts=verdicts,
        counts={
            kind: sum(verdict.verdict == kind for verdict in verdicts)
            for kind in ("new", "changed", "same")
        },
        remarks=sheet.remarks,
        names_of=lambda row: [names[each.email] for each in row.trainers],
        kept=planning_service.sessions_not_in(cohort, sheet.sessions),
        warnings=planning_service.warnings_after(cohort, sheet.sessions),
    )


# One session ----------------------------------------------------------------------------------


@bp.get("/sessions/<public_id>")
@requires(Permission.SEE_COHORT, on=service.find_training_session)
def show(training_session: TrainingSession) -> ResponseReturnValue:
    """One session: where, when, what, with whom."""
    return render_template(
        "schedule/show.html",
        training_session=training_session,
        cohort=training_session.cohort,
        has_begun=training_session.starts_at <= clock.now(),
        organisations=service.organisations_of_trainers(training_session.cohort),
    )


@bp.route("/cohorts/<public_id>/sessions/new", methods=["GET", "POST"])
@requires(Permission.EDIT_SCHEDULE, on=find_cohort)
def add(cohort: Cohort) -> ResponseReturnValue:
    """Add a session."""
    return _edit(cohort, None)


@bp.route("/sessions/<public_id>/edit", methods=["GET", "POST"])
@requires(Permission.EDIT_SCHEDULE, on=service.find_training_session)
def edit(training_session: TrainingSession) -> ResponseReturnValue:
    """Change a session."""
    return _edit(training_session.cohort, training_session)


def _edit(cohort: Cohort, existing: TrainingSession | None) -> ResponseReturnValue:
    form = SessionForm(cohort, existing)
    problem = None
    if form.validate_on_submit() and form.planned is not None:
        try:
            saved = planning_service.save_session(
                cohort, form.planned, existing=existing, by=signed_in_user(), now=clock.now()
            )
        except Refused as refused:
            db.session.rollback()
            problem = sentence(refused.message)
        else:
            db.session.commit()
            flash(_("Session %(code)s is saved.", code=saved.code))
            return redirect(url_for("schedule.show", public_id=saved.public_id), 303)
    return (
        render_template(
            "schedule/edit.html",
            cohort=cohort,
            training_session=existing,
            form=form,
            problem=problem,
            trainers=service.list_trainers(cohort),
            now=clock.now(),
        ),
        422 if form.is_submitted() else 200,
    )


@bp.route("/sessions/<public_id>/delivery", methods=["GET", "POST"])
@requires(Permission.RECORD_DELIVERY, on=service.find_training_session)
def delivery(training_session: TrainingSession) -> ResponseReturnValue:
    """Record what really took place."""
    zone = ZoneInfo(training_session.cohort.timezone)
    starts, ends = (
        at.astimezone(zone)
        for at in (training_session.span.starts_at, training_session.span.ends_at)
    )
    form = DeliveryForm(
        data={
            "date": starts.date(),
            "start": starts.time(),
            "end": ends.time(),
            "did_not_take_place": starts == ends,
            "reason": training_session.actual_reason,
        }
        if request.method == "GET"
        else None
    )
    if form.validate_on_submit():
        try:
            starts_at, ends_at = _delivered(training_session, form, zone)
            service.record_delivery(
                training_session,
                starts_at=starts_at,
                ends_at=ends_at,
                reason=form.reason.data or "",
                by=signed_in_user(),
                now=clock.now(),
            )
        except (Refused, NoSuchTime) as refused:
            form.form_errors = [
                sentence(refused.message)
                if isinstance(refused, Refused)
                else _("Clocks were put forward past this time, so it does not exist.")
            ]
        else:
            db.session.commit()
            flash(_("What took place is recorded."))
            return redirect(url_for("schedule.show", public_id=training_session.public_id), 303)
    return (
        render_template(
            "schedule/delivery.html",
            training_session=training_session,
            cohort=training_session.cohort,
            form=form,
        ),
        422 if form.is_submitted() else 200,
    )


def _delivered(
    training_session: TrainingSession, form: DeliveryForm, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    if form.did_not_take_place.data:
        return training_session.starts_at, training_session.starts_at
    assert form.date.data and form.start.data and form.end.data
    return (
        moment(form.date.data, form.start.data, zone),
        moment(form.date.data, form.end.data, zone),
    )


# Calendar feeds -------------------------------------------------------------------------------


@bp.route("/me/calendar", methods=["GET", "POST"])
@requires(Permission.EDIT_OWN_PROFILE)
def my_calendar() -> ResponseReturnValue:
    """The secret address of the own sessions; each POST gives a new one."""
    user = signed_in_user()
    if request.method == "POST":
        feed = calendar_service.find_feed_of_user(user)
        if feed is None:
            calendar_service.feed_of_user(user)
        else:
            calendar_service.renew_feed(feed, by=user, now=clock.now())
            flash(_("Your calendar has a new address. The old one has stopped."))
        db.session.commit()
        return redirect(url_for("schedule.my_calendar"), 303)
    return render_template(
        "schedule/my_calendar.html", feed=calendar_service.find_feed_of_user(user)
    )


@bp.post("/cohorts/<public_id>/calendar")
@requires(Permission.EDIT_SCHEDULE, on=find_cohort)
def renew_calendar(cohort: Cohort) -> ResponseReturnValue:
    """Give the calendar of a cohort a new address."""
    feed = calendar_service.feed_of_cohort(cohort)
    calendar_service.renew_feed(feed, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("The calendar has a new address. The old one has stopped."))
    return redirect(url_for("schedule.index", public_id=cohort.public_id) + "#calendar", 303)


def _find_feed(token: str) -> CalendarFeed | None:
    return calendar_service.find_feed(token)


@bp.get("/calendar/<token>.ics")
@requires(Permission.READ_CALENDAR, on=_find_feed)
def calendar(feed: CalendarFeed) -> ResponseReturnValue:
    """The sessions of a cohort or of a person for calendar programs, which cannot sign in."""
    default = current_app.config["SETTINGS"].language
    wanted = (feed.user.language if feed.user else None) or request.args.get("language", default)
    g.language = wanted if wanted in LANGUAGES else default
    if feed.cohort is not None:
        name = f"{choose(feed.cohort.programme.titles, language())} · {feed.cohort.code}"
    elif feed.user is not None:
        name = _("Sessions of %(name)s", name=feed.user.name)
    else:
        abort(404)
    sessions = calendar_service.sessions_of_feed(feed)
    base: Any = current_app.config["SETTINGS"].base_url
    content = calendar_of(
        name,
        sessions,
        zone=(feed.cohort or sessions[0].cohort).timezone if feed.cohort or sessions else "UTC",
        language=language(),
        now=clock.now(),
        address_of=lambda one: url_for("schedule.show", public_id=one.public_id, _external=True),
        host=urlsplit(base).hostname or "courseware",
    )
    return Response(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={
            "Content-Disposition": 'inline; filename="schedule.ics"',
            "Cache-Control": "private, max-age=300",
        },
    )
