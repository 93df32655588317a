"""Routes: what a register page without a network asks for when the network is back."""

from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from courseware import assets, clock
from courseware.attendance import service, sync_service
from courseware.attendance.ledger_views import bp
from courseware.attendance.sync_forms import read_sent
from courseware.db import db
from courseware.i18n import sentence, time_of_day
from courseware.permissions import Permission, requires, signed_in_user
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import find_training_session


@bp.get("/sessions/register-worker.js")
@requires(Permission.SEE_PUBLIC_PAGES)
def register_worker() -> ResponseReturnValue:
    """The script that answers with a kept register where the network does not; for /sessions/."""
    script = assets.text_assets()["register-worker.js"].content
    answer = Response(script, mimetype="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/sessions/<public_id>/register/state")
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def register_state(training_session: TrainingSession) -> ResponseReturnValue:
    """What the register says now, and a fresh key for sending to it."""
    return {**_state(training_session), "csrf": generate_csrf()}


@bp.post("/sessions/<public_id>/register/marks")
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def take_marks(training_session: TrainingSession) -> ResponseReturnValue:
    """Take marks that a device kept; an answer for each, and what the register says now."""
    payload = request.get_json(silent=True)
    if isinstance(payload, dict) and payload.get("owner") != signed_in_user().public_id:
        # Somebody else has signed in on this device meanwhile: these are not their marks.
        return {"owner": signed_in_user().public_id}, 409
    sent = read_sent(
        payload,
        service.time_of(training_session),
        service.zone_of(training_session),
    )
    answers = sync_service.take_marks(training_session, sent, by=signed_in_user(), now=clock.now())
    said = {
        each.key: {"outcome": each.outcome, "sentence": sentence(each.sentence)} for each in answers
    }
    state = _state(training_session)
    db.session.commit()
    return {**state, "answers": said}


def _state(training_session: TrainingSession) -> dict[str, Any]:
    register = service.read_register(training_session)
    zone = training_session.cohort.timezone
    return {
        "owner": signed_in_user().public_id,
        "at": clock.now().isoformat(),
        "closed": register.is_closed,
        "saved": time_of_day(clock.now(), zone),
        "people": {
            public_id: {
                "was": cell.signature,
                "by": cell.by,
                "when": time_of_day(cell.marked_at, zone) if cell.marked_at else "",
            }
            for public_id, cell in sync_service.cells_of(register).items()
        },
    }
