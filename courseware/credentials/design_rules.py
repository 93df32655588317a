"""How a certificate looks: what a coordinator chooses, and whom a preview is made out to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from courseware.texts import Texts


class Sample(StrEnum):
    """Whom a preview is made out to."""

    USUAL = "usual"
    LONG = "long"
    SINGLE = "single"


SAMPLE_NAMES: Mapping[Sample, tuple[str, str]] = {
    Sample.USUAL: ("Aisulu Nurlankyzy Example", "Айсұлу Нұрланқызы Мысалова"),
    Sample.LONG: (
        "Maria-Magdalena Abdurakhmonova-Zhumabekova Muhammadsharifovna Example",
        "Мария-Магдалена Абдурахмонова-Жумабекова Мухаммадшарифовна Мисолӣ",
    ),
    Sample.SINGLE: ("Mehrubon", "Меҳрубон"),
}


@dataclass(frozen=True)
class Look:
    """The design, its ink (the design's own where empty) and what is worded anew."""

    design: str
    accent: str = ""
    texts: Mapping[str, Texts] = field(default_factory=dict)
