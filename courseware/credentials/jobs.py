"""Printing certificates in the background, a handful in each step."""

import time

from courseware import clock
from courseware.credentials import log_service, service
from courseware.db import db, reading
from courseware.jobs import Step, chore, job

MOST_IN_A_STEP = 25
SECONDS_IN_A_STEP = 0.5


@job(service.ISSUE)
def issue_certificates(step: Step, batch: str) -> None:
    """Print what a batch has reserved; killed anywhere, it goes on behind the last step."""
    step(begin, batch)
    last: int | None = 0
    while last is not None:
        last = step(print_some, batch, last)
    step(finish, batch)


def begin(batch_public_id: str) -> None:
    """Say that it has begun."""
    batch = service.find_batch(batch_public_id)
    assert batch is not None
    service.begin_batch(batch)
    db.session.commit()


def print_some(batch_public_id: str, behind: int) -> int | None:
    """Print the next certificates, at most 25 or half a second's; None when there are no more.

    Done again after a kill, it skips what is finished. What goes wrong is written beside the one
    certificate and stops no other. No transaction is open while it prints: others go on writing.
    """
    began = time.monotonic()
    with reading():
        waiting = service.waiting_to_be_printed(batch_public_id, behind=behind, most=MOST_IN_A_STEP)
        db.session.rollback()
    printed: dict[int, str | Exception] = {}
    for one in waiting:
        try:
            printed[one.id] = service.print_file(one)
        except Exception as error:
            printed[one.id] = error
        if time.monotonic() - began > SECONDS_IN_A_STEP:
            break
    if not printed:
        return None
    service.finish_credentials(printed, now=clock.now())
    db.session.commit()
    return max(printed)


def finish(batch_public_id: str) -> None:
    """Close the batch, unless something could not be printed."""
    batch = service.find_batch(batch_public_id)
    assert batch is not None
    service.finish_batch(batch, now=clock.now())
    db.session.commit()


@chore
def keep_log() -> None:
    """Log what was issued before there was a log, and publish yesterday's head."""
    log_service.append_unlogged(now=clock.now())
    log_service.publish_head(now=clock.now())
    db.session.commit()
