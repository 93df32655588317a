"""Milliseconds of one core for each certificate: ours, and its peers in the same run.

The job: two landscape pages, vector border, two languages with Kazakh and Tajik letters, a QR code,
a transcript of twelve modules, fonts embedded. Ours are sealed, PDF/A-3a and PDF/UA-1, with a badge
attached and a signed payload in the code; the peers print the same facts without seal or badge.
Processor time is measured, in rounds in which everybody has a turn.
"""

import base64
import datetime
import io
import json
import multiprocessing
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks import Figure
from certificates import Attachment, CertificateFacts, Seal, open_press, read_design
from certificates.codes import code_of
from certificates.facts import Recipient
from certificates.press import Press
from certificates.sample import sample_facts
from certificates.view import paper_view

SPELLINGS = [("Aisulu Ospanova", "Айсұлу Оспанова"), ("Farrukh Rahimov", "Фаррух Раҳимов")]
LANGUAGES = ("en", "ru")
DESIGN = "academic"
ROUNDS = 5
BADGE = Attachment("badge.json", os.urandom(1500).hex().encode(), "application/ld+json", "Badge")


def run(count: int = 100) -> list[Figure]:
    """Each certificate of ours and of the peers, the ratios, one alone, many, two workers."""
    with suppress(AttributeError, OSError):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    try:
        with tempfile.TemporaryDirectory(prefix="courseware-bench-") as folder:
            figures = _beside_peers(count, Path(folder))
            figures.append(_alone(Path(folder)))
    finally:
        with suppress(AttributeError, OSError):
            os.sched_setaffinity(0, set(range(os.cpu_count() or 1)))
    figures += _many(10 * count)
    figures.append(_two_workers(10 * count))
    return figures


@cache
def _seal() -> Seal:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Measured")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return Seal(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain),
        certificate.public_bytes(pem),
    )


def _people(count: int, first: int = 1) -> Iterator[CertificateFacts]:
    """Facts as a job reads them: each from JSON, with a number, a name and a payload of its own."""
    said = sample_facts(Recipient("Nobody"), LANGUAGES).as_json()
    for number in range(first, first + count):
        latin, native = SPELLINGS[number % 2]
        letters = "".join(chr(ord("A") + number // 26**place % 26) for place in range(3))
        yield replace(
            CertificateFacts.from_json(said),
            number=f"EKTU-TSUC-2025-{number:05}",
            verification_url=f"https://courseware.example/verify/Zx3vT9qLw0aKfJ5rN{number:05}",
            recipient=Recipient(f"{latin} {letters}.", f"{native} {letters}."),
            offline=base64.b32encode(random.Random(number).randbytes(150)).decode().rstrip("="),
        )


def _press(keep: Path | None) -> Press:
    return open_press(DESIGN, LANGUAGES, seal=_seal(), keep=keep)


def _beside_peers(count: int, keep: Path) -> list[Figure]:
    press = _press(keep)
    began = time.process_time()
    for facts in _people(2, first=90000):
        press.print(facts, attachments=(BADGE,))
    learned = (time.process_time() - began) * 1000
    printers: dict[str, tuple[Callable[[CertificateFacts], Any], int]] = {
        "ours": (lambda facts: press.print(facts, attachments=(BADGE,)), count // ROUNDS),
        "WeasyPrint": (_weasyprint(), max(2, count // 100)),
        "typst": (_typst(keep), max(4, count // 20)),
        "ReportLab": (_reportlab(), max(4, count // 20)),
    }
    took: dict[str, list[float]] = {name: [] for name in printers}
    for act, _ in printers.values():
        for facts in _people(2, first=80000):
            act(facts)  # warm
    for turn in range(ROUNDS):
        for name, (act, each) in printers.items():
            people = list(_people(each, first=1 + turn * each))
            began = time.process_time()
            for facts in people:
                act(facts)
            took[name].append((time.process_time() - began) * 1000 / each)
    figures = [
        _figure(f"a certificate of {count}, {name}", took[name], "ms", limit)
        for name, limit in (("ours", 3.0), ("WeasyPrint", None), ("typst", None),
                            ("ReportLab", None))
    ]  # fmt: skip
    for name, least in (("WeasyPrint", 40.0), ("typst", 3.0), ("ReportLab", None)):
        ratios = [theirs / ours for theirs, ours in zip(took[name], took["ours"], strict=True)]
        figures.append(
            _figure(f"how many times ours is faster than {name}", ratios, "x", None, least)
        )
    figures.append(
        Figure(
            "the first two of a cohort: laid out, template proved", learned, "ms", learned, learned
        )
    )
    return figures


def _figure(
    name: str,
    values: list[float],
    unit: str,
    limit: float | None = None,
    least: float | None = None,
) -> Figure:
    low, _, high = statistics.quantiles(values, n=4)
    return Figure(name, statistics.median(values), unit, low, high, limit, least)


def _alone(keep: Path) -> Figure:
    """A press newly opened, as after a start: it reads the kept template and prints one."""
    took = []
    for facts in _people(9, first=70000):
        began = time.process_time()
        _press(keep).print(facts, attachments=(BADGE,))
        took.append((time.process_time() - began) * 1000)
    return _figure("one alone, its template kept", took, "ms", 10.0)


def _printing(count: int, keep: str | None, start: Any, answer: Any, seal: Seal) -> None:
    """A process of its own: print, and say how long it took and how much memory at most."""
    press = open_press(DESIGN, LANGUAGES, seal=seal, keep=Path(keep) if keep else None)
    if keep:
        for facts in _people(2, first=90000):
            press.print(facts, attachments=(BADGE,))
    if start:
        start.wait()
    began = time.perf_counter()
    for facts in _people(count):
        press.print(facts, attachments=(BADGE,))
    answer.put((time.perf_counter() - began, _peak()))


def _peak() -> float:
    """The most memory that this process had, in MB; what began it is not counted."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _side_by_side(workers: int, each: int, keep: str | None) -> list[tuple[float, float]]:
    spawned = multiprocessing.get_context("spawn")
    start = spawned.Barrier(workers)
    answer = spawned.Queue()
    processes = [
        spawned.Process(target=_printing, args=(each, keep, start, answer, _seal()))
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    answers = [answer.get(timeout=600) for _ in processes]
    for process in processes:
        process.join()
    return answers


def _many(count: int) -> list[Figure]:
    """A process that begins with nothing, layout and proof included."""
    ((seconds, peak),) = _side_by_side(1, count, None)
    limit = 15.0 if count >= 5000 else None
    return [
        Figure(f"{count:,} certificates in one process", seconds, "s", seconds, seconds, limit),
        Figure("memory of it at its peak", peak, "MB", peak, peak, 300.0),
    ]


def _two_workers(count: int) -> Figure:
    ratios = []
    with tempfile.TemporaryDirectory(prefix="courseware-bench-") as keep:
        for _ in range(3):
            ((one, _peak),) = _side_by_side(1, count, keep)
            two = max(seconds for seconds, _ in _side_by_side(2, count // 2, keep))
            ratios.append(one / two)
    return _figure("how many times faster two workers are", ratios, "x", None, 1.7)


def _weasyprint() -> Callable[[CertificateFacts], bytes]:
    """WeasyPrint alone, one document each, with the same design.

    Fonts and styles are read once, and it is told how tightly the transcript has to be set.
    """
    from certificates.layout import Layout

    design = read_design(DESIGN)
    layout = Layout(design, LANGUAGES)
    _, density = layout.print(paper_view(next(_people(1)), design))
    return lambda facts: layout.print(paper_view(facts, design), density=density)[0]


def _said(facts: CertificateFacts) -> dict[str, Any]:
    """The same facts for a peer, in plain values."""
    design = read_design(DESIGN)
    view = paper_view(facts, design)
    code = code_of(facts.code)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {code.side} {code.side}">'
        f'<path d="{code.svg}" fill="none" stroke="#000"/></svg>'
    )
    return {
        "title": view["title"],
        "author": view["partners"][0]["names"][0][1],
        "partners": [
            {
                "letters": each["letters"],
                "colour": each["colour"],
                "names": [text for _, text in each["names"]],
                "places": " · ".join(text for _, text in each["places"]),
            }
            for each in view["partners"]
        ],
        "columns": [
            {
                "heading": each["said"].heading,
                "subtitle": each["said"].subtitle,
                "before": each["said"].before_name,
                "after": each["said"].after_name,
                "programme": each["programme"],
                "extent": f"{each['said'].extent} ({each['hour_length']})",
                "delivered": each["delivered"],
            }
            for each in view["columns"]
        ],
        "names": [" ".join(each["lines"]) for each in view["names"]],
        "signatories": [
            [text for _, text in each["names"] + each["offices"]] for each in view["signatories"]
        ],
        "code": svg,
        "number": view["columns"][0]["number"],
        "issued": " ".join(each["issued"] for each in view["columns"]),
        "transcript": view["columns"][0]["said"].transcript_of,
        "head": ["№", *(each["words"].module for each in view["columns"]), "Hours", "Credited"],
        "rows": [
            [
                str(number),
                *(f"{each['title']}\n{' · '.join(each['outcomes'])}" for each in module["columns"]),
                module["hours"],
                module["credited"],
            ]
            for number, module in enumerate(view["modules"], start=1)
        ],
        "notes": " ".join(each["hours_note"] for each in view["columns"]),
        "address": view["address"],
    }


def _typst(folder: Path) -> Callable[[CertificateFacts], Any]:
    """typst, its compiler kept between documents, tagged PDF as it writes by default."""
    import typst

    design = read_design(DESIGN)
    source = Path(__file__).with_name("typst_certificate.typ").read_text("utf-8")
    (folder / "certificate.typ").write_text(source, "utf-8")
    (folder / "border.svg").write_bytes(design.art()["border.svg"])
    fonts = sorted({str(path.parent) for path in design.fonts.values()})
    compiler = typst.Compiler(
        folder / "certificate.typ", root=folder, font_paths=fonts, ignore_system_fonts=True
    )
    return lambda facts: compiler.compile(
        format="pdf", sys_inputs={"facts": json.dumps(_said(facts), ensure_ascii=False)}
    )


def _reportlab() -> Callable[[CertificateFacts], bytes]:
    """ReportLab, drawing the same texts line by line; its border is plain rules."""
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    design = read_design(DESIGN)
    for file, path in design.fonts.items():
        pdfmetrics.registerFont(TTFont(Path(file).stem, str(path)))
    plain, strong, small = "Spectral-Regular", "Spectral-SemiBold", "FiraSans-Regular"

    def draw(facts: CertificateFacts) -> bytes:
        said = _said(facts)
        target = io.BytesIO()
        on = Canvas(target, pagesize=(297 * mm, 210 * mm))
        on.setTitle(said["title"])
        for inset in (6.4, 7.5, 15.3):
            on.rect(inset * mm, inset * mm, (297 - 2 * inset) * mm, (210 - 2 * inset) * mm)
        for place, partner in enumerate(said["partners"]):
            x = (25 + 130 * place) * mm
            on.circle(x + 8 * mm, 178 * mm, 7.5 * mm)
            for line, text in enumerate([*partner["names"], partner["places"]]):
                on.setFont(strong if line < 2 else small, 9)
                on.drawString(x + 18 * mm, (182 - 4.5 * line) * mm, text)
        on.setFont("Spectral-Medium", 32)
        on.drawCentredString(148.5 * mm, 120 * mm, said["names"][0])
        on.setFont("Spectral-Italic", 16)
        on.drawCentredString(148.5 * mm, 110 * mm, said["names"][1])
        for place, column in enumerate(said["columns"]):
            x = (86 + 125 * place) * mm
            for line, (key, text) in enumerate(column.items()):
                on.setFont(strong if key == "programme" else plain, 21 if line == 0 else 10)
                on.drawCentredString(x, (157 - 6 * line - (30 if line > 2 else 0)) * mm, text)
        for place, signatory in enumerate(said["signatories"]):
            for line, text in enumerate(signatory):
                on.setFont(plain, 8)
                on.drawString((25 + 95 * place) * mm, (40 - 4 * line) * mm, text)
        code = code_of(facts.code)
        size = 27 * mm / code.side
        path = on.beginPath()
        for y, row in enumerate(code.rows):
            for x, dark in enumerate(row):
                if dark == ord("1"):
                    path.rect(245 * mm + x * size, 60 * mm - y * size, size, size)
        on.drawPath(path, stroke=0, fill=1)
        on.setFont(small, 7)
        on.drawRightString(272 * mm, 28 * mm, said["number"])
        on.drawRightString(272 * mm, 24 * mm, said["issued"])
        on.showPage()
        on.setFont(strong, 12)
        on.drawString(20 * mm, 190 * mm, said["names"][0])
        on.drawRightString(277 * mm, 190 * mm, said["transcript"])
        for number, row in enumerate(said["rows"]):
            y = (178 - 12 * number) * mm
            on.line(20 * mm, y + 4 * mm, 277 * mm, y + 4 * mm)
            for x, cell in zip((20, 28, 135, 240, 262), row, strict=True):
                for line, text in enumerate(cell.split("\n")):
                    on.setFont(small if line else plain, 7 if line else 9.5)
                    on.drawString(x * mm, y - 4 * line * mm, text)
        on.setFont(small, 7)
        on.drawString(20 * mm, 18 * mm, said["notes"])
        on.drawString(20 * mm, 14 * mm, said["address"])
        on.showPage()
        on.save()
        return target.getvalue()

    return draw
