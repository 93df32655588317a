"""People's names: cleaned without changing what a person wrote, and compared across scripts."""

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache, partial

from courseware.messages import Message

MAX_NAME = 200
_MOST_READ = 5_000
_SPACES = frozenset("\t\n\r\v\f\x85\u2028\u2029")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co"})
_APOSTROPHES = re.compile(r"['’‘ʼʻʽ`´′＇]")
_STRESS = re.compile("[\u0300\u0301]")
_NOT_WORD = re.compile(r"[\W_]+")


def clean_name(text: str) -> str:
    """`text` in NFC without control and format characters, spaces folded, case untouched.

    Longer than 200 characters is for `name_problem` to say; nothing is cut off.
    """
    if len(text) > _MOST_READ:  # composing 20,000 combining marks takes its time
        return text[: MAX_NAME + 1].replace("\0", " ")
    spaced = "".join(" " if letter in _SPACES else letter for letter in text)
    kept = "".join(c for c in spaced if unicodedata.category(c) not in _DROPPED)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def name_problem(name: str) -> Message | None:
    """Why `name`, already cleaned, cannot be taken; None where it can."""
    if len(name) > MAX_NAME:
        return Message(
            "The name has more than %(limit)s characters: “%(start)s…”. Shorten it.",
            limit=MAX_NAME,
            start=name[:30],
        )
    if name and not any(letter.isalpha() for letter in name):
        return Message("“%(value)s” is not a name: it has no letters.", value=name[:30])
    return None


def name_key(name: str) -> str:
    """What two spellings of one name share: no case, ё as е, no stress, apostrophe or order.

    й stays й: only the stress marks of dictionaries are taken off.
    """
    text = unicodedata.normalize("NFD", clean_name(name)).casefold()
    text = unicodedata.normalize("NFC", _STRESS.sub("", text)).replace("ё", "е")
    return " ".join(sorted(_NOT_WORD.sub(" ", _APOSTROPHES.sub("", text)).split()))


_LATIN = {
    "а": "a", "ә": "a", "б": "b", "в": "v", "г": "g", "ғ": "g", "д": "d", "е": "e", "ё": "e",
    "ж": "j", "з": "z", "и": "i", "й": "i", "к": "k", "қ": "k", "л": "l", "м": "m", "н": "n",
    "ң": "n", "о": "o", "ө": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ұ": "u",
    "ү": "u", "ӯ": "u", "ф": "f", "х": "h", "ҳ": "h", "һ": "h", "ц": "c", "ч": "c", "ҷ": "j",
    "ш": "s", "щ": "s", "ъ": "", "ы": "i", "і": "i", "ӣ": "i", "ь": "", "э": "e", "ю": "u",
    "я": "a", "є": "e", "ї": "i",
}  # fmt: skip
# Of the ways in which one sound is written in Latin letters, one each; longest first.
_SOUNDS = (
    ("shch", "s"), ("dzh", "j"), ("tch", "c"), ("sch", "s"), ("sh", "s"), ("ch", "c"),
    ("zh", "j"), ("dj", "j"), ("kh", "h"), ("gh", "g"), ("ph", "f"), ("ts", "c"), ("tz", "c"),
    ("ya", "a"), ("ia", "a"), ("ja", "a"), ("yu", "u"), ("iu", "u"), ("ju", "u"), ("yo", "e"),
    ("ye", "e"), ("ie", "e"), ("je", "e"), ("oo", "u"), ("ou", "u"), ("ks", "x"),
    ("q", "k"), ("w", "v"), ("y", "i"), ("ı", "i"),
)  # fmt: skip
_REPEATED = re.compile(r"(.)\1+")


def _sound(token: str) -> str:
    """A word of a name reduced to rough sounds in Latin letters."""
    latin = "".join(_LATIN.get(letter, letter) for letter in token)
    plain = "".join(c for c in unicodedata.normalize("NFD", latin) if not unicodedata.combining(c))
    for written, sound in _SOUNDS:
        plain = plain.replace(written, sound)
    return _REPEATED.sub(r"\1", plain)


@lru_cache(maxsize=8192)
def sound_key(name: str) -> str:
    """What the Latin and the Cyrillic spelling of one name usually share."""
    return " ".join(sorted(filter(None, map(_sound, name_key(name).split()))))


def resemblance(one: str, other: str) -> float:
    """How much two names look like the same person's, from 0 to 1, across scripts and order.

    Initials and a missing patronymic lower the figure a little; only a person decides.
    """
    first, second = sound_key(one).split()[:8], sound_key(other).split()[:8]
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    shorter, longer = sorted((first, second), key=len)
    left = list(longer)
    matched = weight = 0.0
    for word in sorted(shorter, key=len, reverse=True):
        best = max(left, key=partial(_alike, word))
        matched += _alike(word, best) * len(word)
        weight += len(word)
        left.remove(best)
    share = matched / weight
    if left:
        share *= 0.75 if len(shorter) == 1 else 0.95
    return round(share, 3)


def _alike(word: str, other: str) -> float:
    if word == other:
        return 1.0
    if min(len(word), len(other)) == 1:
        return 0.8 if word[0] == other[0] else 0.0
    return SequenceMatcher(None, word, other, autojunk=False).ratio()
