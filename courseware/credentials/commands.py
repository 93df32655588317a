"""Commands about certificates."""

import shutil
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from courseware import clock
from courseware.accounts.models import User
from courseware.accounts.service import find_user_by_email
from courseware.cli import answer, json_option, settings
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort_by_code
from courseware.credentials import (
    agreement_commands,
    correction_service,
    exports,
    file_commands,
    journal_exports,
    proof_commands,
    service,
)
from courseware.credentials.models import Credential
from courseware.credentials.paper_service import state_of, verification_address
from courseware.credentials.preflight_service import preflight, print_preview
from courseware.credentials.rules import CredentialState, Mailing, Verdict
from courseware.credentials.verification_service import Comparison, compare_file
from courseware.db import db, reading
from courseware.errors import Refused
from courseware.jobs import Worker
from courseware.messages import Message

certificates = AppGroup("certificates", help="Issuing, exporting, verifying, revoking.")
for _command in agreement_commands.commands:
    certificates.add_command(_command)


def _cohort(code: str) -> Cohort:
    found = find_cohort_by_code(code)
    if found is None:
        raise Refused(Message("There is no cohort “%(code)s”.", code=code))
    return found


def _person(email: str) -> User:
    found = find_user_by_email(email)
    if found is None:
        raise Refused(Message("Nobody here has the e-mail address %(email)s.", email=email))
    return found


@certificates.command("issue")
@click.argument("cohort")
@click.option("--by", "email", required=True, help="Who issues: the e-mail of a coordinator.")
@json_option
def issue(cohort: str, email: str, as_json: bool) -> None:
    """Issue to everyone of COHORT who is ready, and print; the others are named with reasons.

    Exit status 1 when something could not be printed. A second run issues only what is new.
    """
    found, person = _cohort(cohort), _person(email)
    unfinished = [batch for batch in service.list_batches(found) if batch.finished_at is None]
    with reading():
        seen = preflight(found, now=clock.now())
        if seen.ready:
            print_preview(seen, now=clock.now())  # the layout must hold, before numbers are taken
        db.session.rollback()
    if seen.ready:
        unfinished.insert(0, service.issue_certificates(found, by=person, now=clock.now()))
    elif unfinished:
        service.print_again(unfinished[0], by=person, now=clock.now())
    batch_ids = [batch.public_id for batch in unfinished]
    db.session.commit()
    if batch_ids:
        _work_off()
    db.session.expire_all()
    _report(found, batch_ids, as_json)


def _work_off() -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    worker = Worker(app, settings())
    worker.launch()
    try:
        worker.work_until_empty()
    finally:
        worker.stop()


def _report(cohort: Cohort, batch_ids: list[str], as_json: bool) -> None:
    found = preflight(cohort, now=clock.now())
    issued = [
        credential
        for credential in service.list_credentials(cohort)
        if credential.batch.public_id in batch_ids
    ]
    failures = [
        failure
        for batch_id in batch_ids
        if (batch := service.find_batch(batch_id)) is not None
        for failure in service.progress_of(batch).failures
    ]
    waiting = found.having(Verdict.NEEDS_YOU, Verdict.AWAITS_AGREEMENT, Verdict.NOT_ELIGIBLE)
    awaited = Message("Not every partner has agreed to it yet.")
    reasons = {
        each.enrolment.public_id: [
            str(message)
            for message in (
                *(unmet.message for unmet in each.unmet),
                *each.problems,
                *([awaited] if each.verdict == Verdict.AWAITS_AGREEMENT else []),
            )
        ]
        for each in waiting
    }
    lines = [f"{credential.number}  {credential.enrolment.user.name}" for credential in issued]
    lines += failures
    lines += [
        f"not issued  {each.person.name}: {' '.join(reasons[each.enrolment.public_id])}"
        for each in waiting
    ]
    lines.append(
        f"{len(issued)} issued now, {len(service.list_credentials(cohort))} in all, "
        f"{len(waiting)} not issued."
    )
    value = {
        "issued": [_as_values(credential) for credential in issued],
        "failures": failures,
        "not_issued": [
            {
                "name": each.person.name,
                "email": each.person.email,
                "verdict": each.verdict,
                "reasons": reasons[each.enrolment.public_id],
            }
            for each in waiting
        ],
    }
    answer("\n".join(lines), value, as_json)
    if failures:
        raise SystemExit(1)


def _as_values(credential: Credential) -> dict[str, Any]:
    revocation = credential.revocation
    return {
        "number": credential.number,
        "names": service.facts_of(credential).recipient.names,
        "state": state_of(credential),
        "reason": revocation.reason if revocation else None,
        "sha256": credential.file_sha256,
        "verification": verification_address(credential.verification_code),
    }


@certificates.command("export")
@click.argument("cohort")
@click.option(
    "--output", required=True, type=click.Path(path_type=Path), help="A folder, or a file .zip."
)
@json_option
def export(cohort: str, output: Path, as_json: bool) -> None:
    """Write all certificates of COHORT that are in force, and the register."""
    found = _cohort(cohort)
    in_force = [each for each in service.list_credentials(found) if each.revocation is None]
    if not in_force:
        raise Refused(Message("No certificate of %(code)s is in force.", code=found.code))
    try:
        if output.suffix.lower() == ".zip":
            output.parent.mkdir(parents=True, exist_ok=True)
            with journal_exports.write_archive(found) as archive, output.open("wb") as target:
                shutil.copyfileobj(archive, target)
        else:
            output.mkdir(parents=True, exist_ok=True)
            for credential in in_force:
                name = service.file_name_of(credential)
                (output / name).write_bytes(service.file_of(credential))
            (output / "register.xlsx").write_bytes(exports.write_register(found))
    except OSError as error:
        raise Refused(
            Message(
                "%(output)s cannot be written: %(reason)s.",
                output=str(output),
                reason=error.strerror or str(error),
            )
        ) from error
    answer(
        f"{len(in_force)} certificates and the register are in {output}.",
        {"output": str(output), "certificates": len(in_force)},
        as_json,
    )


@certificates.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def verify(file: Path, as_json: bool) -> None:
    """Say whether FILE is a certificate issued here, and whether it is in force."""
    found = compare_file(file.read_bytes())
    credential = found.credential
    state = state_of(credential) if credential else None
    if credential is None:
        text = "Unknown: this file was not issued here and names no certificate that was."
    elif found.comparison == Comparison.FOLLOWED:
        text = (
            f"This is the file that was issued as {credential.number}, with something added behind "
            "its seal, which is unbroken."
        )
    elif state == CredentialState.SUPERSEDED and credential.superseded_by is not None:
        text = (
            f"{credential.number} was replaced by {credential.superseded_by.number}: "
            f"{credential.superseded_by.correction_reason}"
        )
    elif found.comparison == Comparison.OTHER:
        text = (
            f"This is not the file that was issued as {credential.number}. It may have been saved "
            f"again or changed; compare: {', '.join(service.facts_of(credential).recipient.names)}."
        )
    elif state == CredentialState.REVOKED and credential.revocation is not None:
        text = (
            f"{credential.number} is the file that was issued, but it was revoked on "
            f"{credential.revocation.revoked_at:%Y-%m-%d}: {credential.revocation.reason}"
        )
    else:
        text = (
            f"{credential.number} is valid: the very file that was issued to "
            f"{', '.join(service.facts_of(credential).recipient.names)}."
        )
    value = {
        "comparison": found.comparison,
        "seal": found.seal,
        "certificate": _as_values(credential) if credential else None,
    }
    answer(text, value, as_json)
    is_ours = found.comparison in (Comparison.SAME, Comparison.DUPLICATE)
    if not is_ours or state != CredentialState.VALID:
        raise SystemExit(1)


@certificates.command("revoke")
@click.argument("number")
@click.option("--reason", required=True, help="Shown to everybody who verifies the certificate.")
@click.option("--by", "email", required=True, help="Who revokes: an e-mail address.")
@json_option
def revoke(number: str, reason: str, email: str, as_json: bool) -> None:
    """Withdraw the certificate NUMBER; nothing is deleted."""
    credential = service.find_credential_by_number(number)
    if credential is None:
        raise Refused(Message("No certificate has the number %(number)s.", number=number))
    service.revoke_credential(credential, reason=reason, by=_person(email), now=clock.now())
    db.session.commit()
    answer(f"{credential.number} is revoked.", _as_values(credential), as_json)


for _command in proof_commands.commands:
    certificates.add_command(_command)


def _credential(number: str) -> Credential:
    found = service.find_credential_by_number(number)
    if found is None:
        raise Refused(Message("No certificate has the number %(number)s.", number=number))
    return found


@certificates.command("supersede")
@click.argument("number")
@click.option("--name-latin", default=None, help="The name in Latin letters; empty: as it is.")
@click.option("--name-native", default=None, help="The name in the native script.")
@click.option("--reason", required=True, help="Shown to everybody who verifies.")
@click.option("--by", "email", required=True, help="Who corrects: an e-mail address.")
@click.option(
    "--mail", type=click.Choice([str(each) for each in Mailing]), default=str(Mailing.LINK)
)
@json_option
def supersede(
    number: str, name_latin: str | None, name_native: str | None, reason: str, email: str,
    mail: str, as_json: bool,
) -> None:  # fmt: skip
    """Issue a corrected certificate that supersedes NUMBER, and print it."""
    old, by = _credential(number), _person(email)
    person = old.enrolment.user
    new = correction_service.supersede_credential(
        old,
        name_latin=person.name_latin if name_latin is None else name_latin,
        name_native=person.name_native if name_native is None else name_native,
        reason=reason,
        mailing=Mailing(mail),
        by=by,
        now=clock.now(),
    )
    new_number, batch_id = new.number, new.batch.public_id
    db.session.commit()
    _work_off()
    db.session.expire_all()
    batch = service.find_batch(batch_id)
    assert batch is not None
    failures = service.progress_of(batch).failures
    answer(
        "\n".join([f"{new_number} takes the place of {number}.", *failures]),
        {"supersedes": number, "failures": failures, **_as_values(_credential(new_number))},
        as_json,
    )
    if failures:
        raise SystemExit(1)


@certificates.command("duplicate")
@click.argument("number")
@click.option("--reason", required=True, help="Why the paper is given again.")
@click.option("--by", "email", required=True, help="Who asks for it: an e-mail address.")
@click.option("--output", type=click.Path(path_type=Path), default=None, help="Where to save it.")
@json_option
def duplicate(number: str, reason: str, email: str, output: Path | None, as_json: bool) -> None:
    """Make a duplicate of the certificate NUMBER, marked as one."""
    credential, by = _credential(number), _person(email)
    with reading():
        db.session.rollback()
        printed = correction_service.print_duplicate(credential)
        db.session.rollback()
    made = correction_service.record_duplicate(
        credential, printed, reason=reason, by=by, now=clock.now()
    )
    value = {"number": number, "duplicate": made.ordinal, "sha256": made.file_sha256}
    db.session.commit()
    if output is not None:
        output.write_bytes(correction_service.file_of_duplicate(made))
    answer(f"Duplicate no. {value['duplicate']} of {number} is made.", value, as_json)


@certificates.command("history")
@click.argument("number")
@json_option
def history(number: str, as_json: bool) -> None:
    """Say what happened to the certificate NUMBER since its issue."""
    events = correction_service.history_of(_credential(number))
    value = [
        {
            "kind": event.kind,
            "at": event.at.isoformat(),
            "reason": event.reason,
            "other": event.other.number if event.other else None,
            "duplicate": event.ordinal or None,
            "by": event.by.name if event.by else None,
        }
        for event in events
    ]
    lines = [
        "  ".join(
            filter(
                None,
                [
                    f"{event.at:%Y-%m-%d}",
                    f"duplicate no. {event.ordinal}" if event.ordinal else str(event.kind),
                    event.other.number if event.other else "",
                    event.reason,
                ],
            )
        )
        for event in events
    ]
    answer("\n".join(lines) or "It has not been issued yet.", value, as_json)


__all__ = ["commands", "file_commands"]
commands = [certificates]
