"""Printing certificates in the background, one step each."""

from courseware import clock
from courseware.credentials import service
from courseware.db import db, reading
from courseware.jobs import Step, job


@job(service.ISSUE)
def issue_certificates(step: Step, batch: str) -> None:
    """Print what a batch has reserved; killed anywhere, it goes on behind the last one printed."""
    for credential in step(begin, batch):
        step(print_one, credential)
    step(finish, batch)


def begin(batch_public_id: str) -> list[str]:
    """Say that it has begun, and list what there is to print."""
    batch = service.find_batch(batch_public_id)
    assert batch is not None
    service.begin_batch(batch)
    waiting = service.unprinted_credentials(batch_public_id)
    db.session.commit()
    return waiting


def print_one(credential_public_id: str) -> None:
    """Print one certificate; what goes wrong is written beside it and stops only this one.

    No transaction is open while it prints: others go on writing meanwhile.
    """
    with reading():
        facts = service.facts_to_print(credential_public_id)
        db.session.rollback()
    if facts is None:
        return
    try:
        sha256 = service.print_file(facts)
    except Exception as error:
        service.note_failure(credential_public_id, error)
        db.session.commit()
        return
    credential = service.find_credential(credential_public_id)
    assert credential is not None
    service.finish_credential(credential, sha256=sha256, now=clock.now())
    db.session.commit()


def finish(batch_public_id: str) -> None:
    """Close the batch, unless something could not be printed."""
    batch = service.find_batch(batch_public_id)
    assert batch is not None
    service.finish_batch(batch, now=clock.now())
    db.session.commit()
