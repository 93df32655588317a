"""Draws the engraved borders of the designs as SVG: `python -m certificates.engraving` writes them.

The academic border is a braid of fine waves between two rules, closed at each corner by a
rosette; the others are ribbons, sheaves of fine lines that turn as they go, as on bonds and
banknotes. All of it is thin solid strokes, so that it stays crisp in black on a laser printer.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

from .designs import HERE

Curve = Callable[[float], float]

INK = "#1d3a6b"
PINE = "#14524c"
WINE = "#66263a"


def certificate_border(width: float = 297, height: float = 210) -> str:
    """The border of the first page: a rule, two interlaced braids, an inner rule, four rosettes."""
    outer, inner = 9.0, 14.6
    middle, corner = (outer + inner) / 2, 4.6
    braids = [
        _wave(start, end, amplitude, period, turn * 2 * pi / strands)
        for amplitude, period, strands in ((2.15, 14, 5), (1.2, 28, 3))
        for turn in range(strands)
        for start, end in _sides(width, height, middle, corner)
    ]
    rosettes = [
        _rosette(x, y)
        for x in (middle, width - middle)
        for y in (middle, height - middle)
    ]  # fmt: skip
    return _svg(
        INK,
        width,
        height,
        _rule(width, height, outer - 1.7, 0.42),
        _rule(width, height, outer - 0.6, 0.11),
        _rule(width, height, inner + 0.5, 0.11),
        _strokes(braids, 0.085),
        _strokes(rosettes, 0.1),
    )


def transcript_border(width: float = 297, height: float = 210) -> str:
    """The quiet frame of the second page: one fine rule and small corners."""
    corners = [
        _rosette(x, y, petals=12, radius=2.6)
        for x in (9, width - 9)
        for y in (9, height - 9)
    ]  # fmt: skip
    gap = 4.2
    rules = [
        f"M{x1:.2f} {y1:.2f}L{x2:.2f} {y2:.2f}"
        for (x1, y1), (x2, y2) in _sides(width, height, 9, gap)
    ]
    return _svg(INK, width, height, _strokes(rules, 0.2), _strokes(corners, 0.1))


def upright_ribbons(width: float = 297, height: float = 210) -> str:
    """Two ribbons that turn about each other in a column at the left, and a rule beside them."""
    top, bottom = 11.0, height - 11.0
    middle, wave = height / 2, (bottom - top) / 2

    def centre(turn: float) -> Curve:
        return lambda y: 18.5 + 3.1 * cos(2 * pi * (y - middle) / wave + turn)

    def breadth(turn: float) -> Curve:
        return lambda y: 8.2 + 3.2 * cos(4 * pi * (y - middle) / wave + turn)

    ribbons = [
        line
        for turn in (0, pi)
        for line in _ribbon(top, bottom, 19, centre(turn), breadth(turn), is_upright=True)
    ]
    rules = [f"M10 {y:g}H27" for y in (top - 0.9, bottom + 0.9)]
    return _svg(PINE, width, height, _strokes(ribbons, 0.1), _strokes(rules, 0.32))


def upright_rule(width: float = 297, height: float = 210) -> str:
    """One narrow ribbon at the left of the second page, as a sign of the first."""
    top, bottom = 11.0, height - 11.0
    middle, wave = height / 2, (bottom - top) / 4
    ribbons = [
        line
        for turn in (1, -1)
        for line in _ribbon(
            top,
            bottom,
            6,
            lambda y, turn=turn: 11 + turn * 0.9 * cos(2 * pi * (y - middle) / wave),  # type: ignore[misc]
            lambda y: 2.1,
            is_upright=True,
        )
    ]
    rules = [f"M8 {y:g}H14" for y in (top - 0.9, bottom + 0.9)]
    return _svg(PINE, width, height, _strokes(ribbons, 0.1), _strokes(rules, 0.25))


def level_ribbons(width: float = 297, height: float = 210) -> str:
    """Two ribbons along the upper and the lower edge, between rules."""
    left, right, wave = 10.0, width - 10.0, (width - 20) / 5

    def centre(edge: float, turn: int) -> Curve:
        return lambda x: edge + turn * 1.15 * cos(2 * pi * (x - width / 2) / wave)

    def breadth(x: float) -> float:
        return 2.9 - 0.9 * cos(4 * pi * (x - width / 2) / wave)

    edges = (12.0, height - 12.0)
    ribbons = [
        line
        for edge in edges
        for turn in (1, -1)
        for line in _ribbon(left, right, 8, centre(edge, turn), breadth)
    ]
    rules = [
        f"M{left:g} {edge + side * gap:g}H{right:g}"
        for edge in edges
        for side in (-1, 1)
        for gap in (3.6, 4.3)
    ]
    return _svg(WINE, width, height, _strokes(ribbons, 0.09), _strokes(rules, 0.14))


def level_rule(width: float = 297, height: float = 210) -> str:
    """One narrow ribbon along the upper edge of the second page."""
    left, right, wave = 20.0, width - 20.0, (width - 40) / 10
    ribbons = [
        line
        for turn in (1, -1)
        for line in _ribbon(
            left,
            right,
            4,
            lambda x, turn=turn: 10 + turn * 0.6 * cos(2 * pi * (x - width / 2) / wave),  # type: ignore[misc]
            lambda x: 1.0,
        )
    ]
    rules = [f"M{left:g} {y:g}H{right:g}" for y in (8, 12)]
    return _svg(WINE, width, height, _strokes(ribbons, 0.09), _strokes(rules, 0.14))


def _ribbon(
    start: float,
    end: float,
    lines: int,
    centre: Curve,
    breadth: Curve,
    *,
    is_upright: bool = False,
    step: float = 4.6,
) -> list[str]:
    """A sheaf of lines side by side along the page, each a smooth curve."""
    steps = round((end - start) / step)
    step = (end - start) / steps

    def place(along: float, across: float) -> str:
        x, y = (across, along) if is_upright else (along, across)
        return f"{x:.2f} {y:.2f}"

    paths = []
    for number in range(lines):
        share = number / (lines - 1) - 0.5

        def across(at: float, share: float = share) -> float:
            return centre(at) + share * breadth(at)

        def slope(at: float) -> float:
            return (across(at + 0.01) - across(at - 0.01)) / 0.02

        path = ["M" + place(start, across(start))]
        for n in range(steps):
            here, there = start + n * step, start + (n + 1) * step
            path.append(
                "C"
                + place(here + step / 3, across(here) + slope(here) * step / 3)
                + " "
                + place(there - step / 3, across(there) - slope(there) * step / 3)
                + " "
                + place(there, across(there))
            )
        paths.append("".join(path))
    return paths


def _sides(
    width: float, height: float, inset: float, corner: float
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    left, top, right, bottom = inset, inset, width - inset, height - inset
    return [
        ((left + corner, top), (right - corner, top)),
        ((right, top + corner), (right, bottom - corner)),
        ((right - corner, bottom), (left + corner, bottom)),
        ((left, bottom - corner), (left, top + corner)),
    ]


def _wave(
    start: tuple[float, float],
    end: tuple[float, float],
    amplitude: float,
    period: float,
    phase: float,
) -> str:
    """One strand of the braid from point to point; every third of a wave is one smooth curve."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = abs(dx + dy)
    steps = 3 * round(length / period)
    step, turn = length / steps, 2 * pi / 3
    slope = amplitude * turn / step

    def place(along: float, across: float) -> str:
        x = start[0] + (dx * along - dy * across) / length
        y = start[1] + (dy * along + dx * across) / length
        return f"{x:.2f} {y:.2f}"

    path = ["M" + place(0, amplitude * sin(phase))]
    for n in range(steps):
        here, there = phase + n * turn, phase + (n + 1) * turn
        path.append(
            "C"
            + place((n + 1 / 3) * step, amplitude * sin(here) + slope * cos(here) * step / 3)
            + " "
            + place(
                (n + 2 / 3) * step,
                amplitude * sin(there) - slope * cos(there) * step / 3,
            )
            + " "
            + place((n + 1) * step, amplitude * sin(there))
        )
    return "".join(path)


def _rosette(x: float, y: float, *, petals: int = 16, radius: float = 3.6) -> str:
    """A guilloche rosette: two interlaced closed waves round a centre, and rings."""
    path = []
    for turn in (0, pi / petals):
        steps = petals * 7
        points = []
        for step in range(steps):
            angle = 2 * pi * step / steps
            reach = radius * (0.66 + 0.34 * cos(petals / 2 * (angle + turn)))
            points.append(f"{x + reach * cos(angle):.2f} {y + reach * sin(angle):.2f}")
        path.append("M" + "L".join(points) + "Z")
    for ring in (radius * 1.12, radius * 0.26):
        path.append(
            f"M{x - ring:.2f} {y:.2f}a{ring:.2f} {ring:.2f} 0 1 0 {2 * ring:.2f} 0"
            f"a{ring:.2f} {ring:.2f} 0 1 0 {-2 * ring:.2f} 0Z"
        )
    return "".join(path)


def _rule(width: float, height: float, inset: float, thickness: float) -> str:
    return (
        f'<rect x="{inset:g}" y="{inset:g}" width="{width - 2 * inset:g}" '
        f'height="{height - 2 * inset:g}" stroke-width="{thickness:g}"/>'
    )


def _strokes(paths: list[str], thickness: float) -> str:
    return f'<path stroke-width="{thickness:g}" d="{"".join(paths)}"/>'


def _svg(ink: str, width: float, height: float, *parts: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}mm" height="{height:g}mm"><title>Border</title>\n'
        f'<g fill="none" stroke="{ink}">\n' + "\n".join(parts) + "\n</g></svg>\n"
    )


ART = {
    "academic/border.svg": certificate_border,
    "academic/frame.svg": transcript_border,
    "bilingual/border.svg": level_ribbons,
    "bilingual/frame.svg": level_rule,
    "modern/border.svg": upright_ribbons,
    "modern/frame.svg": upright_rule,
}


if __name__ == "__main__":
    for name, draw in ART.items():
        (HERE / name).write_text(draw(), encoding="utf-8")
