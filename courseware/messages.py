"""Sentences that rules give back: an English text and its values, translated only where shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


def N_(text: str) -> str:
    """Mark `text` for translation and give it back unchanged; extraction knows this name."""
    return text


@dataclass(frozen=True, init=False, eq=True)
class Message:
    """One sentence to a person, not yet in a language: `Message("Row %(row)s: …", row=3)`.

    Without values the text is used as it stands, so that a lone "%" needs no doubling;
    a value may itself be a message.
    """

    text: str
    values: Mapping[str, Any]

    def __init__(self, text: str, /, **values: Any) -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text

    def __hash__(self) -> int:
        return hash(self.text)
