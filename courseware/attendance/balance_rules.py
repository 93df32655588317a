"""The tandem balance: who led how much, by trainer, university and country.

A session that two people lead together counts once for the programme, once for each of them, once
for each university and once for each country that they teach for. So two trainers of one
university do not count twice for it, and what both universities led together counts for both.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from courseware.hours import Minutes


@dataclass(frozen=True)
class Leader:
    """Who leads a session, and for whom; the organisation is None where nobody said it."""

    trainer_id: int
    organisation_id: int | None = None
    country: str = ""


@dataclass(frozen=True)
class LedSession:
    """One session: contact minutes as scheduled, and as delivered once it has ended."""

    scheduled: Minutes
    delivered: Minutes
    leaders: tuple[Leader, ...]


@dataclass
class Share:
    """What was led: by one trainer, for one university, in one country, or by all together.

    `together` is the part of the delivered minutes that was led with somebody else: for a trainer
    with another trainer, for a university with another university, for a country likewise.
    """

    sessions: int = 0
    scheduled: Minutes = 0
    delivered: Minutes = 0
    together: Minutes = 0

    def add(self, session: LedSession, *, is_shared: bool) -> None:
        self.sessions += 1
        self.scheduled += session.scheduled
        self.delivered += session.delivered
        self.together += session.delivered if is_shared else 0


@dataclass
class Balance:
    """The shares of a cohort. `by_nobody` is what no trainer is named for."""

    whole: Share = field(default_factory=Share)
    by_trainer: dict[int, Share] = field(default_factory=dict)
    by_organisation: dict[int | None, Share] = field(default_factory=dict)
    by_country: dict[str, Share] = field(default_factory=dict)
    by_nobody: Share = field(default_factory=Share)


def balance_of(sessions: Iterable[LedSession]) -> Balance:
    """Add up who led what."""
    found = Balance()
    for session in sessions:
        trainers = {each.trainer_id for each in session.leaders}
        organisations = {each.organisation_id for each in session.leaders}
        countries = {each.country for each in session.leaders}
        found.whole.add(session, is_shared=len(trainers) > 1)
        if not trainers:
            found.by_nobody.add(session, is_shared=False)
        for trainer in trainers:
            share = found.by_trainer.setdefault(trainer, Share())
            share.add(session, is_shared=len(trainers) > 1)
        for organisation in organisations:
            share = found.by_organisation.setdefault(organisation, Share())
            share.add(session, is_shared=len(organisations) > 1)
        for country in countries:
            share = found.by_country.setdefault(country, Share())
            share.add(session, is_shared=len(countries) > 1)
    return found
