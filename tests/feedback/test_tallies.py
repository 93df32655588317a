"""What a closed round counted is kept, and is what its answers say."""

from sqlalchemy import func, select

from courseware.feedback.models import FeedbackAnswer, FeedbackTally


def test_closing_keeps_what_was_counted_and_how_many_rated_everything_alike(asking, db_session):
    session = asking.session(people=4)
    rated = [
        (("useful", 4), ("understood", 4), ("pace", 4)),  # all alike
        (("useful", 4), ("understood", 4), ("pace", 3)),
        (("useful", 5), ("understood", 5)),  # too few ratings to tell
        (("useful", 5), ("understood", 0), ("pace", 5)),  # nor here: one was not applicable
    ]
    for enrolment, answers in zip(session.enrolled, rated, strict=True):
        asking.answer(session.asked, enrolment, *answers)
    asking.close(session.asked)
    asked = session.asked
    assert (asked.answered, asked.rated, asked.rated_alike) == (4, 2, 1)
    kept = db_session.execute(
        select(FeedbackTally.question, FeedbackTally.value, FeedbackTally.count)
        .where(FeedbackTally.round_id == asked.id, FeedbackTally.trainer_id == 0)
        .order_by(FeedbackTally.question, FeedbackTally.value)
    ).all()
    counted = db_session.execute(
        select(FeedbackAnswer.question, FeedbackAnswer.value, func.count())
        .where(FeedbackAnswer.value.is_not(None))
        .group_by(FeedbackAnswer.question, FeedbackAnswer.value)
        .order_by(FeedbackAnswer.question, FeedbackAnswer.value)
    ).all()
    assert kept == counted
