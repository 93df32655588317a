"""Slips to cut out and hand round: a QR code and a code to type on each, ten on a page."""

from collections.abc import Callable, Sequence

from flask import render_template

from courseware.documents import write_pdf
from courseware.feedback import questionnaire_service
from courseware.feedback.models import FeedbackRound
from courseware.feedback.slip_rules import printed
from courseware.i18n import _
from courseware.qr import qr_svg

ON_A_PAGE = 10


def slip_sheet(
    asked: FeedbackRound, codes: Sequence[str], *, room: str, address_of: Callable[[str], str]
) -> bytes:
    """The slips as a tagged PDF; `address_of` gives what the QR code of a slip opens."""
    title = _("QR code of the link")
    slips = [(printed(code), qr_svg(address_of(code), title=title, border=0)) for code in codes]
    page = render_template(
        "feedback/slip_sheet.html",
        asked=asked,
        questions=questionnaire_service.questions_of(asked.questionnaire),
        pages=[slips[at : at + ON_A_PAGE] for at in range(0, len(slips), ON_A_PAGE)],
        room=room.partition("://")[2],
    )
    return write_pdf(page, render_template("feedback/slip_sheet.css"))
