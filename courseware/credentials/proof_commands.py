"""Proofs from the transparency log: made for third parties, checked with no database."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
from flask.cli import with_appcontext

from courseware import clock
from courseware.cli import answer, json_option
from courseware.credentials import log_service, service
from courseware.credentials.log_rules import ProofWrong, check_proof
from courseware.errors import Refused
from courseware.messages import Message
from courseware.operating import Finding, check


@check
def _log_is_whole() -> Iterator[Finding]:
    damage = log_service.damage_of_log()
    if damage:
        yield False, f"{damage} Restore the last backup, and tell who relies on the log."
    else:
        yield True, f"The log of certificates is whole ({log_service.size_of_log()} leaves)."


@click.command("prove")
@with_appcontext
@click.argument("number")
@click.option("--output", type=click.Path(path_type=Path), help="Default: NUMBER.proof.json")
@json_option
def prove(number: str, output: Path | None, as_json: bool) -> None:
    """Write the proof that certificate NUMBER is in the public log, for a third party."""
    credential = service.find_credential_by_number(number)
    if credential is None:
        raise Refused(Message("No certificate has the number %(number)s.", number=number))
    proof = log_service.prove(credential, now=clock.now())
    safe = "".join(each if each.isalnum() or each in "._-" else "-" for each in credential.number)
    place = output or Path(f"{safe}.proof.json")
    try:
        place.write_bytes(log_service.as_file(proof))
    except OSError as error:
        raise Refused(
            Message(
                "%(output)s cannot be written: %(reason)s.",
                output=str(place),
                reason=error.strerror or str(error),
            )
        ) from error
    answer(
        f"{place}: {len(proof['leaves'])} of {proof['head']['size']} leaves, under the head "
        f"{proof['head']['root']}.",
        {"output": str(place), "proof": proof},
        as_json,
    )


@click.command("check-proof")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def check_file(file: Path, as_json: bool) -> None:
    """Check a proof FILE with nothing but the file: no database, no network.

    Compare the key and the head that it names with those that the issuer publishes.
    """
    try:
        found = check_proof(json.loads(file.read_bytes()), log_service.verify_signature)
    except ProofWrong as wrong:
        raise Refused(str(wrong)) from wrong
    except (ValueError, RecursionError) as error:
        raise Refused(Message("%(file)s is no JSON file.", file=file.name)) from error
    lines = [f"The proof holds: the log of {found.head.origin} has"]
    lines += [
        f"  {leaf.get('at')}  {leaf.get('kind')}  {leaf.get('number')}" for leaf in found.leaves
    ]
    lines += [
        f"under the head {found.head.root} of {found.head.size} leaves, {found.head.at},",
        f"signed by {found.key}.",
        f"Compare the key with {found.head.origin}/issuer and the head with "
        f"{found.head.origin}/log. A later revocation would be a later leaf.",
    ]
    value = {
        "holds": True,
        "leaves": list(found.leaves),
        "root": found.head.root,
        "size": found.head.size,
        "origin": found.head.origin,
        "at": found.head.at,
        "key": found.key,
    }
    answer("\n".join(lines), value, as_json)


commands = [prove, check_file]
