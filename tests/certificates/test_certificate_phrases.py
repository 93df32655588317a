from datetime import date

import pytest

from certificates.phrases import LANGUAGES, PHRASES, date_range, hours_phrase, long_date


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "7 April 2025"),
        ("ru", "7 апреля 2025 года"),
        ("kk", "2025 жылғы 7 сәуір"),
        ("tg", "7 апрели соли 2025"),
    ],
)
def test_a_day_is_written_as_the_language_writes_it_inside_a_sentence(language, written):
    assert long_date(date(2025, 4, 7), language) == written


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        (date(2025, 4, 7), date(2025, 4, 7), "7 April 2025"),
        (date(2025, 4, 7), date(2025, 4, 9), "7–9 April 2025"),
        (date(2025, 4, 7), date(2025, 5, 30), "7 April – 30 May 2025"),
        (date(2025, 12, 30), date(2026, 1, 9), "30 December 2025 – 9 January 2026"),
    ],
)
def test_a_range_says_month_and_year_once_where_they_are_the_same(first, last, written):
    assert date_range(first, last, "en") == written


@pytest.mark.parametrize(
    ("minutes", "language", "written"),
    [
        (45, "en", "1 academic hour"),
        (36 * 45, "en", "36 academic hours"),
        (21 * 45, "ru", "21 академического часа"),
        (11 * 45, "ru", "11 академических часов"),
        (36 * 45, "ru", "36 академических часов"),
        (248, "ru", "5,51 академического часа"),
        (36 * 45, "kk", "36 академиялық сағат"),
        (36 * 45, "tg", "36 соати академӣ"),
        (150, "en", "3.33 academic hours"),
    ],
)
def test_hours_stand_in_the_form_that_their_number_asks_for(minutes, language, written):
    assert hours_phrase(minutes, 45, language) == written


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_twelve_months_and_no_empty_phrase(language):
    words = PHRASES[language]
    assert len(words.months) == 12
    assert all(getattr(words, name) for name in words.__slots__)
