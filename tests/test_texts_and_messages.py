import pickle

from flask_babel import force_locale

from courseware.i18n import sentence
from courseware.messages import N_, Message
from courseware.texts import choose, clean_line, clean_text, filled, is_complete


def test_a_text_is_chosen_in_the_language_else_english_else_any():
    assert choose({"en": "Module", "ru": "Модуль"}, "ru") == "Модуль"
    assert choose({"en": "Module", "ru": "Модуль"}, "tg") == "Module"
    assert choose({"kk": "Модуль"}, "tg") == "Модуль"
    assert choose({"de": "Modul"}, "tg") == "Modul"
    assert choose({}, "en") == choose(None) == ""


def test_an_empty_text_counts_as_missing():
    assert choose({"ru": "", "en": "Module"}, "ru") == "Module"
    assert filled({"ru": " а ", "en": "", "kk": None}) == {"ru": "а"}
    assert not is_complete({"en": "a", "ru": "", "kk": "c", "tg": "d"})


def test_a_message_renders_in_english_with_its_values():
    message = Message("Row %(row)s: “%(value)s” is not a date.", row=3, value="31.02.2025")
    assert str(message) == "Row 3: “31.02.2025” is not a date."


def test_a_message_without_values_keeps_its_percent_sign():
    assert str(Message(N_("80 % are needed."))) == "80 % are needed."


def test_a_message_may_stand_inside_another():
    assert str(Message("Row %(row)s: %(why)s", row=2, why=Message("no name."))) == "Row 2: no name."


def test_messages_are_compared_by_text_and_values_and_can_be_stored():
    message = Message("%(n)s", n=1)
    assert message == Message("%(n)s", n=1) != Message("%(n)s", n=2)
    assert pickle.loads(pickle.dumps(message)) == message
    assert len({message, Message("%(n)s", n=1)}) == 1


def test_text_is_cleaned_of_what_no_database_and_no_page_can_hold():
    assert clean_text(" a\0b\ud800c\u202ed\r\ne\u0301 ") == "abcd\né"
    assert clean_line("two\n\n  lines\tand more\u00a0") == "two lines and more"
    assert clean_text("👩\u200d🔬") == "👩\u200d🔬"


def test_a_sentence_of_a_refusal_is_said_in_the_readers_language(app):
    text = N_("The participant cannot have left before coming.")
    with app.test_request_context(), force_locale("ru"):
        assert (
            sentence(text)
            == sentence(Message(text))
            == ("Слушатель не мог уйти раньше, чем пришёл.")
        )
        assert sentence("nobody's words") == "nobody's words"
        assert sentence("") == ""
