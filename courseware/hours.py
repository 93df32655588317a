"""Minutes are stored, academic hours are shown: exact conversion both ways."""

import re
from fractions import Fraction

from courseware.messages import Message

Minutes = int
"""Whole minutes: of contact time, planned, attended or credited."""

ACADEMIC_HOURS = (45, 50, 60)
"""The lengths an academic hour may have, in minutes."""

_PLAIN_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,6})?|\d{1,6}\s*/\s*[1-9]\d{0,3}", re.ASCII)


def academic(minutes: Minutes, hour: Minutes) -> Fraction:
    """`minutes` in academic hours of `hour` minutes, exactly."""
    return Fraction(minutes, hour)


def written(hours: Fraction | int, decimals: int = 2, mark: str = ".") -> str:
    """A number of hours for people: no trailing zeros, at most `decimals` places.

    `36`, `1.5`, `0.67`; `mark` is the decimal mark of the language.
    """
    scale = 10**decimals
    # Half away from zero, on integers: no float rounds 2.675 down behind our back.
    numerator, denominator = abs(hours.numerator) * scale * 2 + hours.denominator, hours.denominator
    whole, part = divmod(numerator // (2 * denominator), scale)
    places = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    sign = "-" if hours < 0 and (whole or part) else ""
    return f"{sign}{whole}{mark}{places}" if places else f"{sign}{whole}"


def written_hours(minutes: Minutes, hour: Minutes, mark: str = ".") -> str:
    """`minutes` as academic hours for people, such as `1.5`."""
    return written(academic(minutes, hour), mark=mark)


def minutes_from_hours(text: str | int | float, hour: Minutes) -> Minutes | Message:
    """The whole minutes that `text` academic hours of `hour` minutes are, or why there are none.

    Reads `6`, `1.5`, `1,5` and `1/3`; a number of hours that is not whole minutes is refused
    rather than rounded, because the sum of a programme must come out exactly.
    """
    written_text = f"{text}".strip()
    if isinstance(text, bool) or not _PLAIN_NUMBER.fullmatch(written_text):
        return Message("“%(value)s” is not a number of hours.", value=written_text[:40])
    minutes = Fraction(written_text.replace(",", ".").replace(" ", "")) * hour
    if minutes.denominator != 1:
        return Message(
            "%(value)s academic hours of %(hour)s minutes are not whole minutes. "
            "Choose a number of hours that is, such as %(nearest)s.",
            value=written_text,
            hour=hour,
            nearest=written(_nearest_that_is_whole(minutes / hour, hour)),
        )
    return int(minutes)


def _nearest_that_is_whole(hours: Fraction, hour: Minutes) -> Fraction:
    """The nearest half hour if halves are whole minutes, else the nearest hour."""
    step = 2 if hour % 2 == 0 else 1
    return Fraction(round(hours * step), step)


def plain(minutes: Minutes) -> str:
    """Minutes as clock hours and minutes: `45 min`, `1 h 30 min`, `2 h`; for logs and commands."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
