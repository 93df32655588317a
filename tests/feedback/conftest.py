"""A cohort that is asked for feedback."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import settings

from courseware.feedback import closing_service, questionnaire_service, service, ticket_service
from courseware.feedback.answer_rules import Answer

# A busy machine is no reason to fail: what is tested here are figures, not times.
settings.register_profile("any pace", deadline=None)
settings.load_profile("any pace")


@pytest.fixture
def asking(make, db_session):
    """Opens rounds, answers them and closes them, with as few words as a story needs."""

    def course(people=6, **values):
        cohort = make.cohort(**values)
        enrolled = make.enrolments(cohort, people)
        stored = questionnaire_service.take_questionnaire(
            cohort.programme, "course", by=None, now=make.NOW
        )
        asked = service.open_round(cohort, stored, None, by=None, now=make.NOW)
        return SimpleNamespace(cohort=cohort, enrolled=enrolled, asked=asked, stored=stored)

    def session(cohort=None, people=6, trainers=1, **values):
        cohort = cohort or make.cohort()
        held = make.training_session(cohort, **values)
        led_by = [make.trainer(cohort, leads=held) for _ in range(trainers)]
        enrolled = make.enrolments(cohort, people)
        stored = questionnaire_service.take_questionnaire(
            cohort.programme, "session", by=None, now=make.NOW
        )
        asked = service.open_round(cohort, stored, held, by=None, now=make.NOW)
        return SimpleNamespace(
            cohort=cohort, held=held, trainers=led_by, enrolled=enrolled, asked=asked
        )

    def answer(asked, enrolment, *answers, now=None):
        seat = ticket_service.find_seat_of(asked, enrolment.user)
        given = [Answer(key, value) for key, value in answers]
        service.submit_answers(seat, given, now=now or make.NOW + timedelta(hours=1))

    def close(asked):
        closing_service.close_round(asked, by=None, now=make.NOW + timedelta(days=1))

    return SimpleNamespace(course=course, session=session, answer=answer, close=close)
