"""The QR code on the paper: strokes for SVG, a mask of bits for PDF."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt
from typing import Any

import zxingcpp

_DARK = re.compile(b"1+")
_AS_DIGITS = bytes(0x31 if value < 128 else 0x30 for value in range(256))
# A signed payload makes the code large. Then its modules are kept as large as can be (level L,
# letters and digits in upper case packed by the writer), and one mask is as good as any other:
# the payload looks like chance, and trying all eight takes five times as long.
_LONG = 100


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code: its rows from the top, 1 for dark and 0 for light."""

    rows: tuple[bytes, ...]

    @property
    def side(self) -> int:
        """How many modules it is wide and high."""
        return len(self.rows)

    @property
    def svg(self) -> str:
        """The path of strokes one unit high, in a square of `side` units."""
        return "".join(
            f"M{found.start()} {y + 0.5}h{found.end() - found.start()}"
            for y, row in enumerate(self.rows)
            for found in _DARK.finditer(row)
        )

    @property
    def pdf(self) -> bytes:
        """The operators that fill the unit square, whose y grows downwards."""
        side, wide = self.side, (self.side + 7) // 8
        spare = 8 * wide - side
        bits = b"".join(
            [
                (~(int(row, 2) << spare) & (1 << 8 * wide) - 1).to_bytes(wide, "big")
                for row in self.rows
            ]
        )
        return b"q 0 0 0 rg 1 0 0 -1 0 1 cm\nBI /W %d /H %d /IM true /F /AHx ID %b> EI Q" % (
            side,
            side,
            bits.hex().encode(),
        )


@lru_cache(64)
def code_of(text: str) -> Code:
    """The QR code that says `text`."""
    how: dict[str, Any] = {"ec_level": "M"}
    if len(text) > _LONG:
        how = {"ec_level": "L", "data_mask": 3}
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, **how)
    image: Any = barcode.to_image(scale=1, add_quiet_zones=False)
    digits = memoryview(image).tobytes().translate(_AS_DIGITS)
    side = isqrt(len(digits))
    return Code(tuple([digits[at : at + side] for at in range(0, len(digits), side)]))
