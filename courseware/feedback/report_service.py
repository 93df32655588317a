"""Bringing together what the feedback report says, as one value."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from courseware.accounts.models import User
from courseware.attendance.ledger_service import ledger_of
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db
from courseware.feedback import (
    comment_service,
    recommendation_service,
    results_service,
    skills_service,
)
from courseware.feedback.models import (
    FeedbackRound,
    QuestionnaireCorrection,
)
from courseware.feedback.recommendation_rules import evidence_from, is_overdue
from courseware.feedback.report_rules import (
    CorrectionFacts,
    FeedbackReport,
    HoursFacts,
    ModuleFacts,
    Participation,
    PartnerFacts,
    QuoteFacts,
    RecommendationFacts,
    categories,
)
from courseware.partners.models import Organisation
from courseware.programmes.models import ProgrammePartner
from courseware.schedule.models import SessionTrainer, TrainingSession


def read_report(cohort: Cohort, *, now: datetime) -> FeedbackReport:
    """The feedback report of a cohort as one value."""
    programme = cohort.programme
    ledger = ledger_of(cohort, now=now)
    course = ledger.course
    totals = {total.module_id: total for total in course.totals}
    held = [each for each in ledger.sessions if each.held.delivered]
    zone = ZoneInfo(cohort.timezone)
    results = results_service.read_results(cohort)
    comments = comment_service.list_comments(cohort, with_hidden=True)
    days = [each.starts_at.astimezone(zone).date() for each in ledger.sessions]
    return FeedbackReport(
        programme_titles=programme.titles,
        programme_summaries=programme.summaries,
        programme_code=programme.code,
        cohort_code=cohort.code,
        starts_on=min(days, default=cohort.starts_on),
        ends_on=max(days, default=cohort.starts_on),
        timezone=cohort.timezone,
        partners=_partners(cohort),
        hours=HoursFacts(
            hour=programme.academic_hour_minutes,
            planned=course.planned,
            scheduled=course.scheduled,
            delivered=course.delivered,
            attended=tuple(row.ledger.attended for row in ledger.rows),
        ),
        modules=tuple(
            ModuleFacts(
                code=module.code,
                titles=module.titles,
                planned=module.planned,
                delivered=totals[module.id].delivered if module.id in totals else 0,
                sessions=sum(1 for each in held if each.module_id == module.id),
            )
            for module in ledger.modules
        ),
        sessions_held=len(held),
        trainers=_count_trainers(cohort),
        participation=_participation(cohort),
        results=results,
        skills=skills_service.read_skills(cohort, results),
        quotes=tuple(
            QuoteFacts(
                questionnaire=each.questionnaire,
                question=each.question,
                text=each.text,
                session=each.group,
                language=each.language,
                themes=each.themes,
                translations=dict(each.translations),
            )
            for each in comments
            if not each.is_hidden
        ),
        hidden_comments=sum(each.is_hidden for each in comments),
        recommendations=_recommendations(cohort, now=now),
        corrections=_corrections(cohort),
        made_at=now,
    )


def _partners(cohort: Cohort) -> tuple[PartnerFacts, ...]:
    found = db.session.scalars(
        select(ProgrammePartner)
        .where(ProgrammePartner.programme_id == cohort.programme_id)
        .order_by(ProgrammePartner.position)
    )
    return tuple(
        PartnerFacts(
            names=each.organisation.names,
            short_name=each.organisation.short_name,
            part=each.part.value,
            city=each.organisation.city,
            country=each.organisation.country,
            mark_letters=each.organisation.mark_letters,
            mark_colour=each.organisation.mark_colour,
        )
        for each in found
    )


def _count_trainers(cohort: Cohort) -> int:
    return (
        db.session.scalar(
            select(func.count(SessionTrainer.user_id.distinct()))
            .join(TrainingSession, TrainingSession.id == SessionTrainer.training_session_id)
            .where(TrainingSession.cohort_id == cohort.id)
        )
        or 0
    )


def _participation(cohort: Cohort) -> Participation:
    rows = db.session.execute(
        select(User.gender, Organisation.id, Organisation.kind, Organisation.country)
        .select_from(Enrolment)
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Organisation, Organisation.id == Enrolment.organisation_id)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None))
    ).all()
    return Participation(
        participants=len(rows),
        genders=categories(row.gender.value if row.gender else "unknown" for row in rows),
        kinds=categories(row.kind.value if row.kind else "unknown" for row in rows),
        countries=categories(row.country or "unknown" for row in rows),
        organisations=len({row.id for row in rows if row.id is not None}),
    )


def _recommendations(cohort: Cohort, *, now: datetime) -> tuple[RecommendationFacts, ...]:
    """The recommendations that may be shared, as they stand; those about one person without it."""
    today = now.astimezone(ZoneInfo(cohort.timezone)).date()
    found = []
    for each in recommendation_service.list_recommendations(cohort):
        if not each.is_shared:
            continue
        evidence = evidence_from(each.evidence)
        found.append(
            RecommendationFacts(
                text=each.text,
                state=each.state,
                addressee=each.addressee,
                organisation=each.organisation.names if each.organisation else {},
                owner=each.owner.name if each.owner else "",
                due_on=each.due_on,
                is_overdue=is_overdue(each.state, each.due_on, today),
                answer=each.answer,
                evidence=None if evidence.is_about_a_person else evidence,
            )
        )
    return tuple(found)


def _corrections(cohort: Cohort) -> tuple[CorrectionFacts, ...]:
    """Wordings put right in the questionnaires that this cohort answered."""
    answered = select(FeedbackRound.questionnaire_id).where(
        FeedbackRound.cohort_id == cohort.id, FeedbackRound.closed_at.is_not(None)
    )
    found = db.session.scalars(
        select(QuestionnaireCorrection)
        .where(QuestionnaireCorrection.questionnaire_id.in_(answered))
        .order_by(QuestionnaireCorrection.id)
        .options(joinedload(QuestionnaireCorrection.questionnaire))
    )
    zone = ZoneInfo(cohort.timezone)
    return tuple(
        CorrectionFacts(
            titles=each.questionnaire.definition.get("titles", {}),
            language=each.language,
            before=each.before,
            after=each.after,
            reason=each.reason,
            corrected_on=each.corrected_at.astimezone(zone).date(),
        )
        for each in found
    )
