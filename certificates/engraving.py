"""Draws the engraved borders of the designs as SVG: `python -m certificates.engraving` writes them.

A border is a braid of fine waves between two rules, closed at each corner by a
rosette. All of it is thin solid strokes, so that it stays crisp in black on a
laser printer.
"""

from __future__ import annotations

from math import cos, pi, sin

from .designs import HERE

INK = "#1d3a6b"
STRANDS = 6


def certificate_border(width: float = 297, height: float = 210) -> str:
    """The border of the first page: double rule, braid, inner rule, four rosettes."""
    outer, inner = 8.0, 15.0
    middle, corner = (outer + inner) / 2, 4.9
    braid = [
        _wave(start, end, 2.55, 15.5, turn * 2 * pi / STRANDS)
        for turn in range(STRANDS)
        for start, end in _sides(width, height, middle, corner)
    ]
    rosettes = [
        _rosette(x, y)
        for x in (middle, width - middle)
        for y in (middle, height - middle)
    ]  # fmt: skip
    return _svg(
        width,
        height,
        _rule(width, height, outer - 1.6, 0.5),
        _rule(width, height, outer - 0.5, 0.14),
        _rule(width, height, inner + 0.35, 0.14),
        _strokes(braid, 0.13),
        _strokes(rosettes, 0.12),
    )


def transcript_border(width: float = 297, height: float = 210) -> str:
    """The quiet frame of the second page: the two outer rules and small corners."""
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
    return _svg(width, height, _strokes(rules, 0.3), _strokes(corners, 0.12))


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
    """One strand of the braid from point to point; every quarter of a wave is one smooth curve."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = abs(dx + dy)
    steps = 4 * round(length / period)
    step, turn = length / steps, 2 * pi / 4
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
        steps = petals * 10
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


def _svg(width: float, height: float, *parts: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}mm" height="{height:g}mm"><title>Border</title>\n'
        f'<g fill="none" stroke="{INK}">\n' + "\n".join(parts) + "\n</g></svg>\n"
    )


ART = {
    "academic/border.svg": certificate_border,
    "academic/frame.svg": transcript_border,
}


if __name__ == "__main__":
    for name, draw in ART.items():
        (HERE / name).write_text(draw(), encoding="utf-8")
