"""Milliseconds for each certificate in batches of 1, 25 and 500.

One process, two languages, twelve modules. A batch of 1 is a freshly opened press: what a person
waits for. The layout is made anew with each press, as after a start.
"""

import time
from collections.abc import Iterator

from benchmarks import Figure
from certificates import CertificateFacts, open_press
from certificates.facts import Recipient
from certificates.sample import sample_facts

SPELLINGS = [("Aisulu Ospanova", "Айсұлу Оспанова"), ("Farrukh Rahimov", "Фаррух Раҳимов")]
LANGUAGES = ("en", "ru")


def _people(count: int) -> Iterator[CertificateFacts]:
    for number in range(count):
        latin, native = SPELLINGS[number % 2]
        letter = chr(ord("A") + number % 26)
        person = Recipient(f"{latin} {letter}.", f"{native} {letter}.")
        yield sample_facts(person, LANGUAGES, number=number + 1)


def _each(count: int) -> float:
    began = time.perf_counter()
    press = open_press("academic", LANGUAGES)
    for facts in _people(count):
        press.print(facts)
    return (time.perf_counter() - began) * 1000 / count


def run() -> list[Figure]:
    """The cost of each in batches, the smaller ones three times."""
    figures = []
    for count, times in ((1, 3), (25, 3), (500, 1)):
        took = sorted(_each(count) for _ in range(times))
        name = f"a certificate, in a batch of {count}"
        figures.append(Figure(name, took[len(took) // 2], "ms", took[0], took[-1]))
    return figures
