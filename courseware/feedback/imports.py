"""Other people's files of answers: tables with worded scales."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.errors import BadInput
from courseware.feedback import service
from courseware.feedback.answer_rules import (
    NOT_APPLICABLE,
    Answer,
    check_answer,
    check_together,
)
from courseware.feedback.models import FeedbackRound
from courseware.feedback.models import Questionnaire as StoredQuestionnaire
from courseware.feedback.questionnaire_service import questions_of
from courseware.feedback.rules import (
    About,
    Kind,
    Question,
    Questionnaire,
    clean,
)
from courseware.feedback.tally_service import count_round
from courseware.messages import N_, Message
from courseware.tables import Row, Table, UnreadableTable, read_table

MOST_SENTENCES = 50
SESSION_HEADERS = ("session", "session code", "сессия", "занятие")
TRAINER_HEADER = re.compile(r"(?P<column>.+?)\s*\[(?P<trainer>[^\]]+)\]\s*")


@dataclass(frozen=True)
class ImportedResponse:
    """One row of a file: the answers, and the code of the session where the file names one."""

    row: int
    session: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class ImportedAnswers:
    """Everything a file gave, and which of its columns nobody asked for."""

    responses: tuple[ImportedResponse, ...]
    empty_rows: int
    unused_columns: tuple[str, ...]


def read_answers(
    table: Table,
    questionnaire: Questionnaire,
    trainers_of: Callable[[str], Mapping[str, str]] | None = None,
    *,
    session: str = "",
) -> ImportedAnswers:
    """Read a table of answers, one response a row.

    `trainers_of` says, for a session's code, which trainer a tag in a column's head means (an
    address, "lead", "co-trainer"). Raises BadInput with a sentence for each wrong row.
    """
    columns = _Columns(table.header, questionnaire)
    problems = list(columns.problems)
    by_column = questionnaire.about is About.SESSION and not session
    if by_column and columns.session is None:
        problems.append(
            Message(
                N_(
                    "The questionnaire is about a session and the file has no column "
                    "“session”. Add it, or say which session the file is about."
                )
            )
        )
    if problems:
        raise BadInput(problems[:MOST_SENTENCES])
    responses: list[ImportedResponse] = []
    empty = 0
    for row in table.rows:
        if len(row.cells) > len(table.header) and any(
            cell.strip() for cell in row.cells[len(table.header) :]
        ):
            problems.append(
                Message(
                    N_("Row %(row)s has %(count)s cells, but the head has %(columns)s."),
                    row=row.number,
                    count=len(row.cells),
                    columns=len(table.header),
                )
            )
            continue
        code = session
        if by_column and columns.session is not None:
            code = _cell(row, columns.session).strip()
        answers = []
        for column, question, tag in columns.asked:
            text = _cell(row, column)
            if not text.strip():
                continue
            trainer = None
            if questionnaire.is_per_trainer(question.key):
                known = trainers_of(code) if trainers_of else {}
                trainer = known.get(tag.casefold()) if tag else _only(known)
                if trainer is None:
                    problems.append(_no_trainer(row.number, tag, code))
                    continue
            answer = read_answer(question, text)
            if isinstance(answer, Message):
                problems.append(
                    Message(
                        N_("Row %(row)s, column “%(column)s”: %(problem)s"),
                        row=row.number,
                        column=table.header[column],
                        problem=answer,
                    )
                )
            elif answer is not None:
                answers.append(Answer(question.key, answer.value, answer.text, trainer))
        problems += [
            Message(N_("Row %(row)s: %(problem)s"), row=row.number, problem=problem)
            for problem in check_together(questionnaire, answers)
        ]
        if answers and by_column and not code:
            problems.append(Message(N_("Row %(row)s names no session."), row=row.number))
        elif answers:
            responses.append(ImportedResponse(row.number, code, tuple(answers)))
        else:
            empty += 1
    if not responses and not problems:
        problems.append(Message(N_("The file holds no answers.")))
    if problems:
        more = len(problems) - MOST_SENTENCES
        if more > 0:
            problems = problems[:MOST_SENTENCES]
            problems.append(Message(N_("… and %(more)s more like these."), more=more))
        raise BadInput(problems)
    return ImportedAnswers(tuple(responses), empty, columns.unused)


def read_answer(question: Question, text: str) -> Answer | Message | None:
    """One cell as an answer: by the question's wordings, else by its numbers and options."""
    wanted = _folded(text)
    if question.is_text:
        return check_answer(question, [text])
    if question.kind is Kind.SCALE:
        for wording in question.wordings_not_applicable:
            if _folded(wording) == wanted:
                if not question.not_applicable:
                    return None
                return Answer(question.key, value=NOT_APPLICABLE)
        for point, wordings in enumerate(question.wordings, start=1):
            if wanted in map(_folded, wordings):
                return Answer(question.key, value=point)
        if question.wordings:
            return _unknown(text, [wordings[0] for wordings in question.wordings if wordings])
    if question.kind in (Kind.SCALE, Kind.RECOMMENDATION, Kind.RANKING, Kind.NUMBER):
        number = re.sub(r"[.,]0+$", "", text.strip())
        answer = check_answer(question, [number])
        if isinstance(answer, Message) and question.kind is not Kind.NUMBER:
            first = 0 if question.kind is Kind.RECOMMENDATION else 1
            return _unknown(text, [str(first), "…", str(max(question.values))])
        return answer
    if question.kind is Kind.SINGLE:
        key = _option_of(question, text)
        if key is None:
            return _unknown(text, [_first_wording(option) for option in question.options])
        return check_answer(question, [key])
    # A wording may itself hold the separator, so the whole cell is tried first.
    whole = _option_of(question, text)
    parts = [text] if whole else [part for part in re.split(r"[;\n]", text) if part.strip()]
    keys = []
    for part in parts:
        key = _option_of(question, part)
        if key is None:
            return _unknown(part, [_first_wording(option) for option in question.options])
        keys.append(key)
    return check_answer(question, keys)


class _Columns:
    """Which column of a table answers which question."""

    def __init__(self, header: Sequence[str], questionnaire: Questionnaire):
        self.problems: list[Message] = []
        self.asked: list[tuple[int, Question, str]] = []
        self.session: int | None = None
        names = {_folded(question.column or question.key): question
                 for question in questionnaire.items}  # fmt: skip
        unused, seen = [], set()
        for place, title in enumerate(header):
            folded = _folded(title)
            found = names.get(folded)
            tag = ""
            if found is None and (match := TRAINER_HEADER.fullmatch(title.strip())):
                found = names.get(_folded(match["column"]))
                tag = match["trainer"].strip()
                if found is not None and not questionnaire.is_per_trainer(found.key):
                    found = None
            if found is None:
                if folded in SESSION_HEADERS and questionnaire.about is About.SESSION:
                    self.session = place
                elif title.strip():
                    unused.append(clean(title))
                continue
            if (found.key, tag.casefold()) in seen:
                self.problems.append(
                    Message(N_("The column “%(column)s” is there twice."), column=clean(title))
                )
            seen.add((found.key, tag.casefold()))
            self.asked.append((place, found, tag))
        self.unused = tuple(unused)
        answered = {question.key for _, question, _ in self.asked}
        missing = [q.column or q.key for q in questionnaire.items if q.key not in answered]
        if not answered:
            self.problems.append(
                Message(
                    N_(
                        "No column of the file belongs to a question of “%(code)s”. Expected "
                        "are: %(columns)s."
                    ),
                    code=questionnaire.code,
                    columns=", ".join(missing[:20]),
                )
            )
        elif required := [
            q.column or q.key
            for q in questionnaire.items
            if q.required and not q.shown_if and q.key not in answered
        ]:
            self.problems.append(
                Message(
                    N_("The file lacks the columns of required questions: %(columns)s."),
                    columns=", ".join(required),
                )
            )


def _cell(row: Row, column: int) -> str:
    return row.cells[column] if column < len(row.cells) else ""


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _only(known: Mapping[str, str]) -> str | None:
    trainers = set(known.values())
    return trainers.pop() if len(trainers) == 1 else None


def _option_of(question: Question, text: str) -> str | None:
    wanted = _folded(text)
    for option in question.options:
        if wanted in map(_folded, (option.key, *option.wordings, *option.texts.values())):
            return option.key
    return None


def _first_wording(option) -> str:
    return next(iter((*option.wordings, *option.texts.values(), option.key)))


def _no_trainer(row: int, tag: str, code: str) -> Message:
    if tag:
        return Message(
            N_("Row %(row)s: “%(trainer)s” is not a trainer of session %(session)s."),
            row=row,
            trainer=clean(tag),
            session=code or "–",
        )
    return Message(
        N_(
            "Row %(row)s: session %(session)s has not exactly one trainer, so the column must "
            "name the trainer, such as “question [lead]”."
        ),
        row=row,
        session=code or "–",
    )


def _unknown(text: str, known: Sequence[str]) -> Message:
    shown = clean(text)
    return Message(
        N_("“%(value)s” is not a known answer. Known are: %(known)s."),
        value=shown if len(shown) <= 60 else shown[:59] + "…",
        known=" · ".join(known),
    )


# The act ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImportedRounds:
    """What an import did: the rounds it made, and what it left aside."""

    rounds: tuple[FeedbackRound, ...]
    responses: int
    empty_rows: int
    unused_columns: tuple[str, ...]
    is_repeat: bool = False


def import_answers(
    cohort: Cohort,
    questionnaire: StoredQuestionnaire,
    data: bytes,
    file_name: str,
    *,
    session: str = "",
    invited: int | None = None,
    by: User | None,
    now: datetime,
) -> ImportedRounds:
    """Take a file of answers as closed rounds, all or nothing.

    The same file a second time changes nothing. Raises BadInput with a sentence for each row.
    """
    sessions = service.sessions_by_code(cohort)
    if session and session.casefold() not in sessions:
        raise BadInput([Message(N_("The cohort has no session “%(session)s”."), session=session)])
    digest = hashlib.sha256(data).hexdigest()
    if earlier := service.list_imported_rounds(cohort, questionnaire, digest, session):
        return ImportedRounds(tuple(earlier), 0, 0, (), is_repeat=True)
    questions = questions_of(questionnaire)
    try:
        table = read_table(data, file_name)
    except UnreadableTable as error:
        raise BadInput(error.messages) from None

    def trainers_of(code: str) -> Mapping[str, str]:
        training_session = sessions.get(code.casefold())
        return service.trainer_tags(training_session) if training_session else {}

    found = read_answers(table, questions, trainers_of, session=session)
    groups: dict[str, list[ImportedResponse]] = {}
    problems = []
    for response in found.responses:
        code = response.session.casefold()
        if code and code not in sessions:
            problems.append(
                Message(
                    N_("Row %(row)s: the cohort has no session “%(session)s”."),
                    row=response.row,
                    session=response.session,
                )
            )
        groups.setdefault(code, []).append(response)
    if problems:
        raise BadInput(problems[:MOST_SENTENCES])
    enrolled = service.count_enrolled(cohort)
    rounds = []
    for code, responses in groups.items():
        known = enrolled if len(responses) <= enrolled else None
        asked = service.add_imported_round(
            cohort,
            questionnaire,
            sessions.get(code),
            invited=invited if invited is not None else known,
            file_hash=digest,
            by=by,
            now=now,
        )
        if asked.invited is not None and asked.invited < len(responses):
            raise BadInput(
                [
                    Message(
                        N_("%(answered)s answers from %(invited)s invited people cannot be."),
                        answered=len(responses),
                        invited=asked.invited,
                    )
                ]
            )
        service.store_responses(
            asked,
            [response.answers for response in responses],
            service.trainer_ids(sessions.get(code)),
        )
        count_round(asked)
        rounds.append(asked)
    return ImportedRounds(
        tuple(rounds), len(found.responses), found.empty_rows, found.unused_columns
    )
