"""The tandem balance of a cohort, from its schedule and from what really took place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from courseware.accounts.models import User
from courseware.attendance.balance_rules import Balance, Leader, LedSession, balance_of
from courseware.attendance.service import session_time, time_of
from courseware.cohorts.models import Cohort
from courseware.partners.models import Organisation
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import list_sessions, organisations_of_trainers


@dataclass(frozen=True)
class TandemBalance:
    """The shares, with whom their numbers mean."""

    cohort: Cohort
    balance: Balance
    trainers: Mapping[int, User]
    organisations: Mapping[int | None, Organisation]
    teaching_for: Mapping[int, Organisation]


def tandem_balance(cohort: Cohort, *, now: datetime) -> TandemBalance:
    """Who led how much in a cohort: a fixed number of queries, however many sessions."""
    teaching_for = organisations_of_trainers(cohort)
    trainers: dict[int, User] = {}
    led = []
    for each in list_sessions(cohort):
        trainers |= {trainer.user_id: trainer.user for trainer in each.trainers}
        led.append(_led(each, teaching_for, now))
    organisations: dict[int | None, Organisation] = {
        each.id: each for each in teaching_for.values()
    }
    return TandemBalance(cohort, balance_of(led), trainers, organisations, teaching_for)


def _led(
    training_session: TrainingSession, teaching_for: Mapping[int, Organisation], now: datetime
) -> LedSession:
    time = time_of(training_session)
    scheduled = session_time(
        training_session.starts_at,
        training_session.ends_at,
        [(pause.starts_at, pause.ends_at) for pause in training_session.breaks],
    )
    leaders = []
    for trainer in training_session.trainers:
        organisation = teaching_for.get(trainer.user_id)
        leaders.append(
            Leader(
                trainer.user_id,
                organisation.id if organisation else None,
                organisation.country if organisation else "",
            )
        )
    return LedSession(
        scheduled=scheduled.minutes,
        delivered=time.minutes if time.end <= now else 0,
        leaders=tuple(leaders),
    )
