"""The last chapter that is read: how anonymity is kept, and what was corrected on the way."""

from html.parser import HTMLParser

from flask import render_template

from courseware.feedback.document_rules import Block, Chapter, Items, Section, Words
from courseware.feedback.report_rules import FeedbackReport
from courseware.i18n import _, language, long_date
from courseware.texts import choose


def method(report: FeedbackReport) -> Chapter:
    reader = _MethodText()
    reader.feed(render_template("feedback/method_text.html", depth=3))
    blocks = reader.blocks
    if report.corrections:
        blocks.append(Section(_("Wordings that were corrected")))
        text = _(
            "After the first answer the meaning of a question cannot be changed. These wordings "
            "were put right later:"
        )
        blocks.append(Words(text))
        blocks.append(
            Items(
                tuple(
                    _(
                        "%(questionnaire)s (%(language)s), %(date)s: “%(before)s” became "
                        "“%(after)s”. %(reason)s",
                        questionnaire=choose(dict(each.titles), language()),
                        language=each.language,
                        date=long_date(each.corrected_on),
                        before=each.before,
                        after=each.after,
                        reason=each.reason,
                    )
                    for each in report.corrections
                )
            )
        )
    return Chapter(_("Method"), tuple(blocks), is_dense=True)


class _MethodText(HTMLParser):
    """Reads the blocks out of the page that says how anonymity is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self._text = ""
        self._items: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("h2", "h3", "h4", "p", "li", "ul", "ol"):
            self._text = ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        said = " ".join(self._text.split())
        if tag in ("h2", "h3", "h4"):
            self.blocks.append(Section(said))
        elif tag == "p" and said:
            self.blocks.append(Words(said))
        elif tag == "li":
            self._items.append(said)
        elif tag in ("ul", "ol"):
            self.blocks.append(Items(tuple(self._items)))
            self._items = []
        else:
            return
        self._text = ""
