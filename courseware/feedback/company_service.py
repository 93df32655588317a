"""Asking companies for their needs: a link for each address, which is then forgotten."""

import random
import re
from collections.abc import Callable, Sequence
from datetime import datetime

from courseware import mail
from courseware.accounts.models import User
from courseware.accounts.rules import normal_email
from courseware.addresses import email_problem
from courseware.errors import Refused
from courseware.feedback.models import FeedbackRound
from courseware.feedback.rules import About
from courseware.feedback.service import is_open
from courseware.feedback.slip_rules import MOST_SLIPS
from courseware.feedback.slip_service import make_slips
from courseware.messages import N_, Message


def addresses_in(text: str) -> tuple[list[str], list[Message]]:
    """The e-mail addresses in a text, each once, and one sentence for each that is none."""
    typed = [each for each in re.split(r"[\s,;<>]+", text.replace("\0", " ")) if each]
    if not typed:
        return [], [Message(N_("Type the e-mail addresses, one on a line."))]
    if len(typed) > MOST_SLIPS:
        return [], [Message(N_("At most %(most)s addresses at once."), most=MOST_SLIPS)]
    problems = [problem for each in typed if (problem := email_problem(each))]
    return ([] if problems else list(dict.fromkeys(map(normal_email, typed)))), problems


def invite(
    asked: FeedbackRound,
    addresses: Sequence[str],
    *,
    in_language: str,
    link_of: Callable[[str], str],
    by: User,
    now: datetime,
) -> None:
    """Mail a link to each address. Neither is kept: which link went where is known to nobody."""
    if asked.questionnaire.about is not About.NEEDS:
        raise Refused(Message(N_("Only a questionnaire about needs is sent to companies.")))
    if not is_open(asked, now=now):
        raise Refused(Message(N_("This feedback is not open. Nothing was sent.")))
    codes = make_slips(asked, len(addresses), by=by, now=now)
    chance = random.SystemRandom()
    for address, code in chance.sample(list(zip(addresses, codes, strict=True)), len(codes)):
        mail.queue(
            address,
            "feedback_company",
            now=now,
            in_language=in_language,
            leaves_no_trace=True,
            asked=asked,
            link=link_of(code),
        )
