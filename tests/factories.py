"""Believable objects with defaults; a test names only what it is about."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort, CohortRole, Enrolment
from courseware.db import db
from courseware.partners.models import Organisation
from courseware.partners.rules import OrganisationKind, Part
from courseware.permissions import Role
from courseware.programmes.models import (
    Module,
    Programme,
    ProgrammePartner,
    ProgrammeRole,
    Signatory,
)
from courseware.schedule.models import (
    SessionBreak,
    SessionTrainer,
    SessionVenue,
    TrainerPart,
    TrainingSession,
    Venue,
)

__all__ = [
    "NOW", "administrator", "cohort", "coordinator", "enrolment", "enrolments", "module",
    "organisation", "programme", "trainer", "training_session", "user",
]  # fmt: skip

NOW = datetime(2025, 4, 20, 9, 0, tzinfo=UTC)
_number = itertools.count(1)


def number_anew() -> None:
    """Let each test begin at the same number, so that its names are the same in every run."""
    global _number
    _number = itertools.count(1)


_NAMES = [
    ("Aigerim Nurlankyzy", "Айгерім Нұрланқызы"), ("Farrukh Rahimov", "Фаррух Раҳимов"),
    ("Dilnoza Qurbonova", "Дилноза Қурбонова"), ("Olga Semyonova", "Ольга Семёнова"),
    ("Yerlan Äbenov", "Ерлан Әбенов"), ("Shahlo O'ktamova", "Шаҳло Ӯктамова"),
    ("Marat", "Марат"), ("Zulfiya Jo‘rayeva", "Зулфия Ҷӯраева"),
]  # fmt: skip


def _add(instance: Any) -> Any:
    db.session.add(instance)
    db.session.flush()
    return instance


def user(**values: Any) -> User:
    """A person with an address, and names in two scripts."""
    number = next(_number)
    latin, native = _NAMES[number % len(_NAMES)]
    values = {
        "email": f"person{number}@people.example",
        "name_latin": f"{latin} {number}",
        "name_native": native,
        "created_at": NOW,
        **values,
    }
    return _add(User(**values))


def administrator(**values: Any) -> User:
    return user(is_administrator=True, **values)


def organisation(**values: Any) -> Organisation:
    number = next(_number)
    values = {
        "code": f"ORG{number}",
        "names": {"en": f"University {number}", "ru": f"Университет {number}"},
        "name_key": f"university {number}",
        "short_name": f"U{number}",
        "country": "TJ",
        "city": {"en": "Dushanbe", "ru": "Душанбе"},
        "kind": OrganisationKind.UNIVERSITY,
        "mark_letters": "U",
        **values,
    }
    return _add(Organisation(**values))


def programme(*, module_count: int = 2, module_minutes: int = 810, **values: Any) -> Programme:
    """A released programme: two modules, 36 hours of 45 minutes, two universities."""
    number = next(_number)
    values = {
        "code": f"programme-{number}",
        "titles": {
            "en": "Research services for private companies",
            "ru": "Исследовательские услуги для частных компаний",
            "kk": "Жеке компанияларға арналған зерттеу қызметтері",
            "tg": "Хизматрасониҳои тадқиқотӣ барои ширкатҳои хусусӣ",
        },
        "academic_hour_minutes": 45,
        "promised_minutes": module_count * module_minutes,
        "threshold_percent": 80,
        "name_confirmation_required": False,
        "agreement_required": False,
        "series_pattern": f"T{number}-{{year}}-{{number:04}}",
        "certificate_languages": ["en"],
        "released_at": NOW - timedelta(days=60),
        **values,
    }
    made = Programme(**values)
    for position in range(module_count):
        made.modules.append(
            Module(
                position=position,
                code=f"M{position + 1}",
                titles={"en": f"Module {position + 1}", "ru": f"Модуль {position + 1}"},
                planned_minutes=module_minutes,
                outcomes=[{"en": "Explains what a company needs"}],
            )
        )
    for position, part in enumerate((Part.LEAD, Part.HOST)):
        partner = organisation()
        made.partners.append(ProgrammePartner(organisation=partner, part=part, position=position))
        made.signatories.append(
            Signatory(
                organisation=partner,
                position=position,
                names={"en": "Saule Invented", "ru": "Сауле Вымышленная"},
                offices={"en": "Vice-Rector", "ru": "Проректор"},
            )
        )
    return _add(made)


def module(programme: Programme, **values: Any) -> Module:
    values = {
        "position": len(programme.modules),
        "code": f"M{len(programme.modules) + 1}",
        "titles": {"en": "Another module"},
        "planned_minutes": 90,
        "outcomes": [],
        **values,
    }
    made = Module(programme=programme, **values)
    return _add(made)


def cohort(of: Programme | None = None, **values: Any) -> Cohort:
    number = next(_number)
    values = {
        "code": f"cohort-{number}",
        "starts_on": date(2025, 4, 7),
        "timezone": "Asia/Dushanbe",
        "created_at": NOW - timedelta(days=50),
        **values,
    }
    return _add(Cohort(programme=of or programme(), **values))


def coordinator(of: Cohort | Programme, **values: Any) -> User:
    made = user(**values)
    if isinstance(of, Programme):
        _add(ProgrammeRole(programme=of, user=made, role=Role.COORDINATOR))
    else:
        _add(CohortRole(cohort=of, user=made, role=Role.COORDINATOR))
    return made


def trainer(of: Cohort, *, leads: TrainingSession | None = None, **values: Any) -> User:
    made = user(**values)
    _add(CohortRole(cohort=of, user=made, role=Role.TRAINER))
    if leads is not None:
        leads.trainers.append(SessionTrainer(user=made, part=TrainerPart.LEAD))
        db.session.flush()
    return made


def enrolment(of: Cohort, **values: Any) -> Enrolment:
    values = {"enrolled_at": NOW - timedelta(days=30), **values}
    person = values.pop("user", None) or user()
    return _add(Enrolment(cohort=of, user=person, **values))


def enrolments(of: Cohort, count: int) -> list[Enrolment]:
    return [enrolment(of) for _ in range(count)]


def training_session(
    of: Cohort,
    *,
    starts: str = "2025-04-07 09:00",
    minutes: int = 90,
    pause: int = 0,
    **values: Any,
) -> TrainingSession:
    """A session at a time in UTC; with `pause`, a break of so many minutes in its middle."""
    number = next(_number)
    starts_at = datetime.fromisoformat(starts).replace(tzinfo=UTC)
    ends_at = starts_at + timedelta(minutes=minutes + pause)
    values = {"code": f"S{number}", "title": "", "module": of.programme.modules[0], **values}
    made = TrainingSession(cohort=of, starts_at=starts_at, ends_at=ends_at, **values)
    if pause:
        middle = starts_at + timedelta(minutes=minutes // 2)
        made.breaks.append(
            SessionBreak(starts_at=middle, ends_at=middle + timedelta(minutes=pause))
        )
    made.venues.append(SessionVenue(venue=Venue(name=f"Room B-{number}", city="Dushanbe")))
    return _add(made)
