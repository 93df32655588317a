"""Real answers from elsewhere, imported with a mapping and compared with pandas."""

import json
from pathlib import Path

import pandas
import pypdfium2
import pytest
from scipy import stats

from courseware.errors import BadInput
from courseware.feedback import exports
from courseware.feedback.answer_rules import Answer, check_answer
from courseware.feedback.closing_service import close_round
from courseware.feedback.imports import import_answers, read_answers
from courseware.feedback.questionnaire_imports import read_questionnaire
from courseware.feedback.questionnaire_service import save_questionnaire, take_questionnaire
from courseware.feedback.report_service import read_report
from courseware.feedback.rules import Kind, Question
from courseware.feedback.service import open_round, store_responses
from courseware.feedback.summary_rules import favourable_points, summarise
from courseware.tables import read_table

HERE = Path(__file__).parent / "questionnaires"
CARPENTRYCON = "2020_carpentryconhome_raw.csv"
TRAINING = "20180908_post_clean.csv"


def test_carpentrycon_has_a_net_promoter_score_of_62_1_from_124_answers(shared_data):
    questionnaire, imported, _ = _imported(shared_data, CARPENTRYCON, "carpentrycon")
    assert len(imported.responses) == 124
    summary = summarise(questionnaire.question("nps"), _counts(imported, "nps"))
    assert summary.recommendation.n == 124
    assert round(float(summary.recommendation.score), 1) == 62.1
    assert (summary.recommendation.promoters, summary.recommendation.detractors) == (84, 7)


def test_the_967_answers_of_the_instructor_training_are_all_read(shared_data):
    questionnaire, imported, frame = _imported(shared_data, TRAINING, "instructor-training")
    assert len(imported.responses) == len(frame) == 967
    comments = [
        answer.text
        for response in imported.responses
        for answer in response.answers
        if questionnaire.question(answer.question).kind is Kind.TEXT
    ]
    assert len(comments) == (frame["CompleteTrainingOther"].str.strip() != "").sum() == 12
    assert {"Date", "UniqueID"} <= set(imported.unused_columns)


@pytest.mark.parametrize(
    ("name", "code"), [(CARPENTRYCON, "carpentrycon"), (TRAINING, "instructor-training")]
)
def test_every_figure_equals_what_pandas_computes(shared_data, name, code):
    questionnaire, imported, frame = _imported(shared_data, name, code)
    compared = 0
    for question in questionnaire.questions:
        if question.kind not in (Kind.SCALE, Kind.RECOMMENDATION):
            continue
        column = _as_numbers(question, frame[question.column or question.key])
        summary = summarise(question, _counts(imported, question.key))
        assert summary.n == column.count()
        assert float(summary.mean) == pytest.approx(column.mean(), abs=1e-12)
        assert float(summary.median) == column.median()
        first = 1 if question.kind is Kind.SCALE else 0
        expected = column.value_counts().to_dict()
        assert summary.counts == tuple(
            expected.get(first + place, 0) for place in range(len(summary.counts))
        )
        if question.kind is Kind.SCALE:
            good = int(column.isin(favourable_points(question)).sum())
            share = stats.binomtest(good, int(column.count())).proportion_ci(method="wilson")
            assert summary.favourable.part == good
            assert summary.favourable.low == pytest.approx(share.low, abs=1e-12)
            assert summary.favourable.high == pytest.approx(share.high, abs=1e-12)
        compared += 1
    assert compared >= 14


@pytest.mark.parametrize(
    ("name", "code"), [(CARPENTRYCON, "carpentrycon"), (TRAINING, "instructor-training")]
)
def test_ratings_that_are_all_alike_are_those_that_pandas_finds(shared_data, app, make, name, code):
    (results,) = _taken(shared_data, make, name, code).results
    questionnaire, _, frame = _imported(shared_data, name, code)
    rated = pandas.DataFrame(
        {
            each.key: _as_numbers(each, frame[each.column or each.key])
            for each in questionnaire.questions
            if each.kind is Kind.SCALE
        }
    )
    enough = rated[rated.count(axis=1) >= 3]
    assert results.alike.whole == len(enough) > 50
    assert results.alike.part == (enough.nunique(axis=1) == 1).sum()


def test_a_value_that_the_mapping_does_not_know_stops_the_import_and_names_its_row(shared_data):
    text = (HERE / "carpentrycon.yaml").read_bytes()
    text = text.replace(b"import_not_applicable: ['0']", b"required: false")
    questionnaire = read_questionnaire(text)
    table = read_table((shared_data / "feedback" / CARPENTRYCON).read_bytes(), CARPENTRYCON)
    with pytest.raises(BadInput) as wrong:
        read_answers(table, questionnaire)
    assert len(wrong.value.messages) == 1
    assert "column “presenters_clear”: “0” is not a known answer" in str(wrong.value)


def _imported(shared_data, name, code):
    data = (shared_data / "feedback" / name).read_bytes()
    questionnaire = read_questionnaire((HERE / f"{code}.yaml").read_bytes())
    frame = pandas.read_csv(
        shared_data / "feedback" / name, dtype=str, keep_default_na=False, encoding="utf-8"
    )
    return questionnaire, read_answers(read_table(data, name), questionnaire), frame


def _counts(imported, key):
    values = [a.value for r in imported.responses for a in r.answers if a.question == key]
    return {value: values.count(value) for value in set(values)}


def _as_numbers(question, column):
    """The column as numbers, by pandas and the file's own wordings alone."""
    column = column.str.replace("\xa0", " ").str.strip()
    if question.wordings:
        points = {wording: place for place, (wording,) in enumerate(question.wordings, start=1)}
        return column.map(points).dropna().astype(float)
    column = column[~column.isin(question.wordings_not_applicable)]
    return pandas.to_numeric(column[column != ""])


def test_the_report_on_carpentrycon_says_nps_62_1_of_124(shared_data, app, make, tmp_path):
    report = _taken(shared_data, make, CARPENTRYCON, "carpentrycon")
    (results,) = json.loads(exports.make_report(report, "json", "en"))["results"]
    assert results["questions"][-1]["nps"]["score"] == 62.1
    pages = _text(exports.make_report(report, "pdf", "en"))
    assert "Recommendation score (NPS): 62.1 (n = 124)." in pages


def test_the_report_on_the_instructor_training_carries_its_comments(shared_data, app, make):
    report = _taken(shared_data, make, TRAINING, "instructor-training")
    (results,) = report.results
    assert results.rate.answered == 967
    assert len(results.questions[-2].comments) == 12
    pages = _text(exports.make_report(report, "pdf", "en"))
    assert "does the order matter" in pages


def test_every_naughty_string_is_a_comment_or_a_sentence(shared_data, app, make):
    strings = json.loads((shared_data / "strings" / "blns.json").read_text("utf-8"))
    question = Question("best", Kind.TEXT, {"en": "Best?"})
    given = [check_answer(question, [string]) for string in strings]
    answers = [answer for answer in given if isinstance(answer, Answer)]
    assert len(answers) > 480
    cohort = make.cohort()
    stored = take_questionnaire(cohort.programme, "course", by=None, now=make.NOW)
    asked = open_round(cohort, stored, None, by=None, now=make.NOW)
    store_responses(asked, [answers, *[[Answer("overall", 5)]] * 5], {})
    close_round(asked, by=None, now=make.NOW)
    report = read_report(cohort, now=make.NOW)
    assert len(report.results[0].questions[-2].comments) == len(answers)
    for kind in ("json", "xlsx", "pdf"):
        assert len(exports.make_report(report, kind, "en")) > 10_000


def _taken(shared_data, make, name, code):
    """The report on a cohort that real answers were imported into."""
    cohort = make.cohort()
    questions = read_questionnaire((HERE / f"{code}.yaml").read_bytes())
    stored = save_questionnaire(cohort.programme, questions, by=None, now=make.NOW)
    data = (shared_data / "feedback" / name).read_bytes()
    import_answers(cohort, stored, data, name, by=None, now=make.NOW)
    return read_report(cohort, now=make.NOW)


def _text(data: bytes) -> str:
    pdf = pypdfium2.PdfDocument(data)
    pages = [page.get_textpage().get_text_bounded() for page in pdf]
    pdf.close()
    return " ".join(" ".join(pages).split())
