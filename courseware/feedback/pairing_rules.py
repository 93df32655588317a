"""The code that a participant makes, and makes again weeks later: what counts as the same."""

import unicodedata

from courseware.messages import N_, Message

LEAST, MOST = 4, 40

# One person types it once with Cyrillic and once with Latin keys: letters that look alike are one.
_ALIKE = str.maketrans("АВЕЁКМНОРСТУХІO", "ABEEKMH0PCTYXI0")


def same_code(typed: str) -> str:
    """The code without what people change by accident: case, gaps, signs, the keyboard."""
    text = unicodedata.normalize("NFKC", typed[:400]).upper().translate(_ALIKE)
    return "".join(letter for letter in text if letter.isalnum())


def judge_code(typed: str) -> Message | None:
    """What is wrong with a code; nothing where it is good or left out."""
    code = same_code(typed)
    if not typed.strip() or LEAST <= len(code) <= MOST:
        return None
    return Message(
        N_("The code needs %(least)s to %(most)s letters and digits, or leave it out."),
        least=LEAST,
        most=MOST,
    )
