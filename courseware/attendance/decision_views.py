"""Routes: what somebody decides about a register as a whole, a notice, or a question."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import (
    decision_mail_service,
    history_service,
    open_service,
    request_service,
    service,
    state_service,
)
from courseware.attendance.ledger_views import bp
from courseware.attendance.models import AbsenceNotice, MarkReview
from courseware.attendance.request_forms import ACCEPT, AnswerForm, DecisionForm, ReopenForm
from courseware.attendance.request_rules import NoticeState, ReviewState
from courseware.cohorts.models import Cohort, Enrolment
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.i18n import _
from courseware.permissions import Permission, requires, signed_in_user
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import find_training_session


@bp.route("/sessions/<public_id>/register/reopen", methods=["GET", "POST"])
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def reopen(training_session: TrainingSession) -> ResponseReturnValue:
    """Open a closed register again, with the reason."""
    sheet = url_for("attendance.register", public_id=training_session.public_id)
    register = state_service.find_register_state(training_session)
    if register is None or register.closed_at is None:
        flash(_("The register is open already."))
        return redirect(sheet, 303)
    form = ReopenForm()
    if form.validate_on_submit():
        state_service.reopen_register(
            training_session, reason=form.said, by=signed_in_user(), now=clock.now()
        )
        db.session.commit()
        flash(_("The register is open again."))
        return redirect(sheet, 303)
    return (
        render_template(
            "attendance/reopen.html",
            training_session=training_session,
            cohort=training_session.cohort,
            register=register,
            form=form,
        ),
        422 if form.errors else 200,
    )


@bp.route("/cohorts/<public_id>/attendance/open", methods=["GET", "POST"])
@requires(Permission.DECIDE_REQUESTS, on=find_cohort)
def open_matters(cohort: Cohort) -> ResponseReturnValue:
    """All that waits for a decision in a cohort, and whether its reader is told by mail."""
    user = signed_in_user()
    if request.method == "POST":
        address = url_for("attendance.open_matters", public_id=cohort.public_id)
        if request.form.get("mail") == "no":
            decision_mail_service.refuse_mail(cohort, by=user)
        else:
            decision_mail_service.want_mail(cohort, by=user)
        db.session.commit()
        return redirect(address, 303)
    return render_template(
        "attendance/open.html",
        cohort=cohort,
        open=open_service.open_matters_of(cohort, now=clock.now()),
        is_told=decision_mail_service.is_told(cohort, user),
    )


def _own_page(enrolment: Enrolment) -> str:
    """Where a participant reads what was decided; for a mail."""
    return url_for("attendance.participant", public_id=enrolment.public_id, _external=True)


@bp.route("/absence-notices/<public_id>", methods=["GET", "POST"])
@requires(Permission.DECIDE_REQUESTS, on=request_service.find_notice)
def decide_notice(notice: AbsenceNotice) -> ResponseReturnValue:
    """An announced absence with its reason and paper: accept it or decline it."""
    training_session, enrolment = notice.training_session, notice.enrolment
    cohort = training_session.cohort
    address = url_for("attendance.open_matters", public_id=cohort.public_id)
    form = DecisionForm()
    if form.validate_on_submit():
        request_service.decide_notice(
            notice,
            is_accepted=form.decision.data == ACCEPT,
            answer=form.said,
            link=_own_page(enrolment),
            by=signed_in_user(),
            now=clock.now(),
        )
        db.session.commit()
        flash(_("The decision is kept, and the participant is told."))
        return redirect(address, 303)
    mark = request_service.mark_of(training_session, enrolment.id)
    return (
        render_template(
            "attendance/notice.html",
            notice=notice,
            training_session=training_session,
            enrolment=enrolment,
            cohort=cohort,
            mark=mark,
            form=form,
            is_open=notice.state is NoticeState.ANNOUNCED,
            back=address,
        ),
        422 if form.errors else 200,
    )


@bp.route("/mark-reviews/<public_id>", methods=["GET", "POST"])
@requires(Permission.DECIDE_REQUESTS, on=request_service.find_review)
def answer_review(review: MarkReview) -> ResponseReturnValue:
    """A question about a mark, beside its history: keep the mark or change it, and answer."""
    training_session, enrolment = review.training_session, review.enrolment
    cohort = training_session.cohort
    address = url_for("attendance.open_matters", public_id=cohort.public_id)
    at, zone = service.time_of(training_session), service.zone_of(training_session)
    history = history_service.history_of(training_session, enrolment.id)
    in_force = next((entry for entry in history if entry.is_in_force), None)
    said = history_service.as_form_data(in_force, zone)
    form = AnswerForm(data=said | {"note": ""})
    if form.read(at, zone) and form.mark is not None:
        request_service.answer_review(
            review,
            form.mark,
            answer=form.said,
            link=_own_page(enrolment),
            by=signed_in_user(),
            now=clock.now(),
        )
        db.session.commit()
        flash(_("The answer is kept, and the participant is told."))
        return redirect(address, 303)
    return (
        render_template(
            "attendance/answer.html",
            review=review,
            training_session=training_session,
            enrolment=enrolment,
            cohort=cohort,
            history=history,
            in_force=in_force,
            form=form,
            is_open=review.state is ReviewState.ASKED,
            back=address,
        ),
        422 if form.errors else 200,
    )
