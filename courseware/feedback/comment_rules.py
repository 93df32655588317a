"""Comments: in which language they seem to be, what is looked for, what a coordinator noted."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from courseware.feedback.rules import Texts
from courseware.messages import N_, Message
from courseware.texts import LANGUAGES, clean_line, clean_text

MOST_THEMES = 6
LONGEST_THEME = 40
LONGEST_REASON = 400
LONGEST_TRANSLATION = 6000

# Letters that only one of our languages writes, and short words that its sentences seldom lack.
_LETTERS = {"kk": "әңөұүһі", "tg": "ӣӯҳҷ", "ru": "щьц"}
_SHARED = "ғқ"
_WORDS = {
    "ru": "и в не на что с по как это было очень для но все мы был была были нет так же я бы из у "
    "хорошо спасибо больше курс курса занятия материал от до или",
    "kk": "және мен бар жоқ өте үшін керек бір бұл болды жақсы сабақ рахмет көп еді деп да де "
    "туралы емес кейін ол бойынша қалай болса уақыт",
    "tg": "ва дар аз бо ба барои ки хуб буд аст шуд ман мо бисёр дарс вақт ин он ҳам намешавад "
    "лозим мебуд буданд рахмат курси дарси набуд кам",
}
_KNOWN = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Comment:
    """One comment of a closed round that five or more answered, with what was noted about it.

    `group` is the code of the session, or "" for the course; `language` is guessed and may be "".
    """

    key: str
    text: str
    round_id: int
    questionnaire: str
    question: str
    question_texts: Texts
    group: str = ""
    group_title: str = ""
    trainer_id: int | None = None
    trainer: str = ""
    language: str = ""
    themes: tuple[str, ...] = ()
    translations: Mapping[str, str] = field(default_factory=dict)
    hidden_reason: str = ""
    hidden_by: str = ""
    hidden_at: datetime | None = None

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None

    def translation(self, language: str) -> str:
        """What somebody translated it to, where it was not written in that language; else ""."""
        return "" if self.language == language else self.translations.get(language, "")


@dataclass(frozen=True)
class Wanted:
    """Which comments somebody looks for; what is empty does not matter.

    `question` is "questionnaire/question", `hidden` shows only what is hidden.
    """

    question: str = ""
    group: str = ""
    language: str = ""
    theme: str = ""
    words: str = ""
    hidden: bool = False

    def takes(self, comment: Comment) -> bool:
        """Whether a comment is among them."""
        said = fold(" ".join((comment.text, *comment.translations.values())))
        return (
            comment.is_hidden == self.hidden
            and self.question in ("", place_of(comment))
            and self.group in ("", comment.group or COURSE)
            and self.language in ("", comment.language or UNKNOWN)
            and (not self.theme or fold(self.theme) in map(fold, comment.themes or (NO_THEME,)))
            and all(word in said for word in fold(self.words).split())
        )


COURSE = "course"
"""What stands for "no session" where a group is chosen."""

UNKNOWN = "other"
"""What stands for a language that could not be guessed."""

NO_THEME = "-"
"""What stands for comments that nobody gave a theme."""


@dataclass(frozen=True)
class Found:
    """How many comments there are of one kind: of a question, a language, a theme, a group."""

    key: str
    titles: Texts
    count: int


def place_of(comment: Comment) -> str:
    """Questionnaire and question of a comment as one value."""
    return f"{comment.questionnaire}/{comment.question}"


def fold(text: str) -> str:
    """Text as it is compared: without case, and with the pairs of letters that phones confuse."""
    return text.casefold().replace("ё", "е")


def guess_language(text: str) -> str:
    """Which of our languages a text seems to be in, by its letters and short words; "" if none.

    Tajik and Kazakh are often typed with Russian letters only; then the words decide.
    """
    lower = text.casefold()
    latin = sum("a" <= letter <= "z" for letter in lower)
    cyrillic = sum("Ѐ" <= letter <= "ӿ" for letter in lower)
    if not latin and not cyrillic:
        return ""
    if latin > cyrillic:
        return "en"
    words = _WORD.findall(lower)
    score = {
        language: 3 * sum(lower.count(letter) for letter in letters)
        + 2 * sum(word in _KNOWN[language] for word in words)
        for language, letters in _LETTERS.items()
    }
    if any(letter in lower for letter in _SHARED):
        # Written by both and never by Russians; ы is Kazakh then, because Tajik has none.
        score["ru"] = -1
        score["kk" if "ы" in lower else "tg"] += 1
    # Russian first: where nothing tells them apart, it is what most people write.
    return max(("ru", "kk", "tg"), key=lambda language: score[language])


def found_by(comments: Iterable[Comment], what: str) -> tuple[Found, ...]:
    """How many comments there are by "question", "group", "language" or "theme".

    Questions and groups come in the order of the comments, the others with the most first.
    """
    counts: dict[str, int] = {}
    titles: dict[str, Texts] = {}
    for comment in comments:
        for key, texts in _keys(comment, what):
            counts[key] = counts.get(key, 0) + 1
            titles.setdefault(key, texts)
    found = [Found(key, titles[key], count) for key, count in counts.items()]
    if what == "group":
        found.sort(key=lambda each: (each.key != COURSE, each.key))
    elif what != "question":
        found.sort(key=lambda each: (each.key in (UNKNOWN, NO_THEME), -each.count, each.key))
    return tuple(found)


def _keys(comment: Comment, what: str) -> list[tuple[str, Texts]]:
    match what:
        case "question":
            return [(place_of(comment), comment.question_texts)]
        case "group":
            return [(comment.group or COURSE, {"en": comment.group_title})]
        case "language":
            return [(comment.language or UNKNOWN, {})]
        case _:
            return [(theme, {"en": theme}) for theme in comment.themes] or [(NO_THEME, {})]


def read_themes(typed: str, known: Sequence[str] = ()) -> tuple[tuple[str, ...], list[Message]]:
    """Themes typed with commas between them, spelt as they were before; and what is wrong."""
    spelt = {fold(theme): theme for theme in known}
    found: dict[str, str] = {}
    problems = []
    for part in re.split(r"[,;\n]", typed):
        theme = clean_line(part)
        if len(theme) > LONGEST_THEME:
            problems.append(
                Message(N_("A theme has at most %(limit)s letters."), limit=LONGEST_THEME)
            )
        elif theme and theme != NO_THEME:
            found.setdefault(fold(theme), spelt.get(fold(theme), theme))
    if len(found) > MOST_THEMES:
        problems.append(Message(N_("A comment has at most %(limit)s themes."), limit=MOST_THEMES))
    return tuple(found.values()), problems


def read_reason(typed: str) -> tuple[str, list[Message]]:
    """Why a comment is hidden; and what is wrong."""
    reason = clean_line(typed)
    if not reason:
        return "", [Message(N_("Say why the comment is hidden."))]
    if len(reason) > LONGEST_REASON:
        return reason, [
            Message(N_("A reason has at most %(limit)s letters."), limit=LONGEST_REASON)
        ]
    return reason, []


def read_translation(typed: str, language: str) -> tuple[str, list[Message]]:
    """A translation, empty to take it away; and what is wrong."""
    text = clean_text(typed)
    if language not in LANGUAGES:
        return text, [Message(N_("Choose a language."))]
    if len(text) > LONGEST_TRANSLATION:
        return text, [
            Message(N_("A translation has at most %(limit)s letters."), limit=LONGEST_TRANSLATION)
        ]
    return text, []
