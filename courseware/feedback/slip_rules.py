"""The codes on printed slips: how they are written, and what somebody types is meant to be."""

from collections.abc import Callable

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty-two; none that is taken for another: no I, L, O, U."""

LENGTH = 10
MOST_SLIPS = 500
"""So many are printed at once."""

# What is typed for what is printed: look-alikes, and the keys of a Cyrillic keyboard.
_MEANT = str.maketrans("OILАВСЕНКМРТХО", "011ABCEHKMPTX0")


def new_code(choose: Callable[[str], str]) -> str:
    """A code of fifty random bits; `choose` takes one of the letters given."""
    return "".join(choose(LETTERS) for _ in range(LENGTH))


def printed(code: str) -> str:
    """The code in two halves, as it is read out and typed."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def meant_by(typed: str) -> str:
    """The code that was typed, however it was written; empty where it cannot be one."""
    letters = typed[:60].upper().translate(_MEANT)
    code = "".join(letter for letter in letters if letter in LETTERS)
    return code if len(code) == LENGTH else ""
