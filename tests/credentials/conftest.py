"""A cohort whose participants have earned their certificates."""

from datetime import datetime, timedelta

import pytest
from factories import NOW

from courseware.attendance.models import AttendanceMark
from courseware.attendance.rules import AttendanceStatus, MarkSource
from courseware.db import db


@pytest.fixture
def after() -> datetime:
    """A moment after the last session."""
    return NOW + timedelta(days=60)


@pytest.fixture
def attend():
    """Marks somebody present at some sessions."""

    def mark(enrolment, sessions):
        for session in sessions:
            db.session.add(
                AttendanceMark(
                    training_session=session,
                    enrolment=enrolment,
                    status=AttendanceStatus.PRESENT,
                    source=MarkSource.TRAINER,
                    marked_at=NOW,
                )
            )
        db.session.flush()

    return mark


@pytest.fixture
def earned(make, attend):
    """Makes a cohort with `count` people who attended everything, or with these names."""

    def build(count=3, names=None, **programme):
        cohort = make.cohort(make.programme(module_minutes=90, **programme))
        sessions = [
            make.training_session(cohort, module=module, starts=f"2025-04-0{7 + day} 09:00")
            for day, module in enumerate(cohort.programme.modules)
        ]
        people = [make.user() for _ in range(count)]
        if names:
            people = [make.user(name_latin=latin, name_native=native) for latin, native in names]
        enrolments = [make.enrolment(cohort, user=person) for person in people]
        for enrolment in enrolments:
            attend(enrolment, sessions)
        db.session.commit()
        return cohort, enrolments

    return build
