"""Recommendations: from a figure or a comment to “you said, we did”."""

from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy import select

from courseware.feedback import recommendation_service as service
from courseware.feedback.evidence_service import find_evidence
from courseware.feedback.models import FeedbackAnswer, Recommendation
from courseware.feedback.recommendation_rules import (
    Addressee,
    Evidence,
    Part,
    RecommendationState,
    Said,
    check_said,
    evidence_from,
    hundredths,
    is_low,
    is_overdue,
    limit_on,
)
from courseware.feedback.rules import Best, Kind, Question
from courseware.mail import OutgoingMail

TODAY = date(2025, 4, 20)


# Rules ----------------------------------------------------------------------------------------


def scale(points=5, best=Best.HIGH):
    return Question("q", Kind.SCALE, {"en": "Q"}, points=points, best=best)


def test_the_limit_keeps_its_place_on_other_scales():
    assert limit_on(scale(5), 35) == Fraction(7, 2)
    assert limit_on(scale(3), 35) == Fraction(9, 4)
    assert limit_on(Question("n", Kind.RECOMMENDATION, {}), 35) == Fraction(25, 4)
    assert limit_on(scale(best=Best.MIDDLE), 35) is None
    assert is_low(scale(), Fraction(349, 100), 35)
    assert not is_low(scale(), Fraction(35, 10), 35)
    assert not is_low(scale(), None, 35)


def test_evidence_is_stored_and_read_again():
    whole = Evidence("session", "useful", {"en": "Useful"}, Part.MODULE, "M1", {"en": "One"}, 19,
                     hundredths(Fraction(62, 20)), 5)  # fmt: skip
    assert evidence_from(whole.plain()) == whole
    assert evidence_from({}) == Evidence()
    assert evidence_from({"comment": "abc", "of a later version": 1}).is_about_a_person
    assert whole.hundredths == 310


def test_what_is_typed_wrong_gets_a_sentence_for_each_field():
    said, wrong = check_said({"text": " ", "addressee": "king", "due_on": "31.02."})
    assert said is None
    assert set(wrong) == {"text", "addressee", "due_on"}
    said, wrong = check_said({"text": "A\0b", "addressee": "ministry", "is_shared": "yes"})
    assert (said, wrong) == (Said("Ab", Addressee.MINISTRY, None, "", True), {})


def test_what_is_finished_or_has_no_day_is_never_overdue():
    yesterday = TODAY - timedelta(days=1)
    assert is_overdue(RecommendationState.UNDER_WAY, yesterday, TODAY)
    assert not is_overdue(RecommendationState.OPEN, TODAY, TODAY)
    assert not is_overdue(RecommendationState.OPEN, None, TODAY)
    assert not is_overdue(RecommendationState.DROPPED, yesterday, TODAY)


# Evidence and reminders -------------------------------------------------------------------------


def recommend(cohort, by, now, **values):
    words = {"text": "More practice", "addressee": Addressee.PARTNER, "due_on": None}
    said = Said(**{**words, **{k: v for k, v in values.items() if k in Said.__annotations__}})
    return service.make_recommendation(
        cohort, said,
        evidence=values.get("evidence"), organisation=None, owner=values.get("owner"),
        link_to=lambda one: f"https://x/{one.public_id}", by=by, now=now,
    )  # fmt: skip


def test_evidence_is_only_what_is_told_of_this_cohort(asking, make, db_session):
    course = asking.course(people=6)
    for enrolment in course.enrolled[:5]:
        asking.answer(course.asked, enrolment, ("overall", 2))
    named = {"questionnaire": "course", "question": "overall"}
    assert find_evidence(course.cohort, **named) is None  # not closed yet
    asking.close(course.asked)
    found = find_evidence(course.cohort, **named)
    assert (found.n, found.hundredths, found.points, found.part) == (5, 200, 5, Part.ALL)
    assert find_evidence(make.cohort(), **named) is None
    assert find_evidence(course.cohort, **named, group="module:M9") is None
    assert find_evidence(course.cohort, **named, group="nonsense") is None


def test_reminders_go_once_a_week_to_the_owner_or_to_who_made_it(make, db_session):
    cohort, by = make.cohort(), make.administrator()
    owner = make.trainer(cohort)
    yesterday = (make.NOW - timedelta(days=1)).date()
    recommend(cohort, by, make.NOW, due_on=yesterday, owner=owner)
    recommend(cohort, by, make.NOW, due_on=yesterday, owner=owner)
    recommend(cohort, by, make.NOW, due_on=yesterday)
    recommend(cohort, by, make.NOW, due_on=make.NOW.date())
    said = {"link_to": lambda one: "https://x/"}
    assert service.remind_of_overdue(**said, now=make.NOW) == 2
    assert service.remind_of_overdue(**said, now=make.NOW + timedelta(days=6)) == 1
    assert service.remind_of_overdue(**said, now=make.NOW + timedelta(days=7)) == 2
    told = db_session.scalars(
        select(OutgoingMail.subject).where(OutgoingMail.receiver == owner.email)
    ).all()
    assert told.count("2 recommendations are overdue") == 2
    assert sum("is yours" in subject for subject in told) == 2
    assert len(service.list_overdue(owner, [], now=make.NOW)) == 2
    assert len(service.list_overdue(by, [cohort], now=make.NOW)) == 3


def test_the_next_cohort_reads_what_was_done_and_an_earlier_one_does_not(make):
    programme, by = make.programme(), make.administrator()
    before, cohort, after = (
        make.cohort(programme, starts_on=TODAY + timedelta(days=days)) for days in (-90, 0, 90)
    )
    done, secret, dropped = (
        recommend(cohort, by, make.NOW, is_shared=shared) for shared in (True, False, True)
    )
    for each, state in ((done, "done"), (secret, "done"), (dropped, "dropped")):
        service.take_step(
            each, RecommendationState(state), note="why", answer="Two visits", by=by, now=make.NOW
        )
    found = service.promises_for([before, cohort, after])
    assert found == {before.id: [], cohort.id: [done], after.id: [done]}
    assert service.promises_for([]) == {}


# Pages ------------------------------------------------------------------------------------------


def test_a_coordinator_makes_one_of_a_comment_and_its_owner_says_how_far_it_is(
    asking, make, browser, db_session
):
    course = asking.course(people=5)
    for enrolment in course.enrolled:
        asking.answer(course.asked, enrolment, ("overall", 3))
    db_session.add(
        FeedbackAnswer(round_id=course.asked.id, question="change", text="Fewer <slides>")
    )
    db_session.flush()
    asking.close(course.asked)
    key = db_session.scalar(
        select(FeedbackAnswer.key).where(FeedbackAnswer.text == "Fewer <slides>")
    )
    coordinator = make.coordinator(course.cohort)
    owner = make.trainer(course.cohort)
    boss, helper = browser(coordinator), browser(owner)
    new = f"/cohorts/{course.cohort.public_id}/recommendations/new"
    assert "Fewer &lt;slides&gt;" in boss.get(f"{new}?comment={key}").text
    assert boss.get(f"{new}?comment=no-such").status_code == 404
    figure = boss.get(f"{new}?questionnaire=course&question=overall").text
    assert "3.0 of 5 (n = 5)" in figure
    stranger = make.user()
    sent = {"comment": key, "text": "Show less", "addressee": "partner", "is_shared": "yes"}
    refused = boss.post(new, data={**sent, "owner": stranger.public_id})
    assert (refused.status_code, "Choose one of the list" in refused.text) == (422, True)
    made = boss.post(new, data={**sent, "owner": owner.public_id, "due_on": "2025-01-02"})
    page = made.location
    assert "Fewer &lt;slides&gt;" in boss.get(page).text
    assert "Fewer" not in helper.get(page).text  # comments are not for everybody
    listed = boss.get(f"/cohorts/{course.cohort.public_id}/recommendations?state=open").text
    assert ("Show less" in listed, "overdue" in listed) == (True, True)
    assert helper.post(f"{page}/step", data={"state": "done"}).status_code == 422
    assert helper.post(f"{page}/step", data={"state": "xyz"}).status_code == 422
    step = {"state": "done", "answer": "Half the slides"}
    assert helper.post(f"{page}/step", data=step).status_code == 303
    assert helper.get(f"{page}/edit").status_code == 403
    edited = {**sent, "text": "Show even less", "answer": "Half the slides", "owner": ""}
    assert boss.post(f"{page}/edit", data=edited).status_code == 303
    you_said = f"/cohorts/{course.cohort.public_id}/you-said"
    said = browser(course.enrolled[0].user).get(you_said).text
    assert ("Show even less" in said, "Half the slides" in said, "Fewer" in said) == (
        True, True, False,
    )  # fmt: skip
    assert helper.get(page).status_code == 403  # no longer the owner, but known in the cohort
    assert len(db_session.scalars(select(Recommendation)).all()) == 1
