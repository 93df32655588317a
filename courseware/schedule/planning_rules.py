"""A session as somebody plans it, before it is one: a row of a sheet or a filled form."""

from collections.abc import Mapping
from dataclasses import dataclass

from courseware.schedule.rules import Span, TrainerPart

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "session": ("session", "code", "session code", "занятие", "код занятия"),
    "module": ("module", "module code", "модуль", "код модуля"),
    "title": ("title", "session title", "topic", "название", "тема"),
    "date": ("date", "day", "дата", "день"),
    "start": ("start", "starts", "from", "начало", "с"),
    "end": ("end", "ends", "until", "конец", "окончание", "до"),
    "breaks": ("breaks", "break", "перерывы", "перерыв"),
    "venues": ("venues", "venue", "место", "места", "место проведения", "аудитория"),
    "city": ("city", "город"),
    "link": ("link", "online link", "ссылка"),
    "lead": (
        "lead",
        "lead e-mail",
        "lead trainer",
        "ведущий",
        "ведущий тренер",
        "ведущий преподаватель",
    ),
    "lead name": ("lead name", "name of lead", "имя ведущего", "фио ведущего"),
    "lead organisation": ("lead organisation", "lead partner", "организация ведущего"),
    "co-trainers": (
        "co-trainers",
        "co-trainer",
        "со-тренеры",
        "второй тренер",
        "сотренеры",
        "соведущие",
    ),
    "co-trainer names": (
        "co-trainer names",
        "co-trainer name",
        "имена со-тренеров",
        "имена соведущих",
    ),
    "co-trainer organisations": (
        "co-trainer organisations",
        "co-trainer organisation",
        "организации со-тренеров",
        "организации соведущих",
    ),
}
"""The accepted headings of each column; the first is the one we write."""


@dataclass(frozen=True)
class PlannedVenue:
    """A place as the sheet names it; `partner` is the code of its organisation, or empty."""

    partner: str
    name: str


@dataclass(frozen=True)
class PlannedTrainer:
    """Who is to lead, by address; name and partner code matter only for people not yet known."""

    part: TrainerPart
    email: str
    name: str = ""
    partner: str = ""

    @property
    def shown(self) -> str:
        """The name where the sheet gives one, else the address."""
        return self.name or self.email


@dataclass(frozen=True)
class PlannedSession:
    """One row of the sheet, understood. Times are in UTC."""

    row: int
    code: str
    module: str
    title: str
    span: Span
    breaks: tuple[Span, ...] = ()
    venues: tuple[PlannedVenue, ...] = ()
    city: str = ""
    link: str = ""
    trainers: tuple[PlannedTrainer, ...] = ()
