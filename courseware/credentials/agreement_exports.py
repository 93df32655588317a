"""The record of an agreement: as a tagged PDF to print and sign, and as JSON with every fact."""

import json
from typing import Any

from flask import render_template

from courseware.credentials.agreement_rules import canonical_facts
from courseware.credentials.protocol_service import Protocol


def protocol_as_pdf(protocol: Protocol) -> bytes:
    """The record as a tagged PDF (PDF/UA-1), in the language in force."""
    # The layout engine takes a second to load; most commands and pages need none.
    from courseware.documents import write_pdf

    return write_pdf(
        render_template("credentials/protocol.html", protocol=protocol),
        render_template("credentials/protocol.css"),
    )


def protocol_as_json(protocol: Protocol) -> bytes:
    """The record for machines: whoever hashes `facts` as written here finds `sha256`."""
    proposal = protocol.proposal
    value: dict[str, Any] = {
        "cohort": proposal.cohort.code,
        "programme": protocol.facts.programme,
        "proposed_at": proposal.proposed_at.isoformat(),
        "proposed_by": proposal.proposed_by.name,
        "withdrawn_at": proposal.withdrawn_at.isoformat() if proposal.withdrawn_at else None,
        "standing": protocol.standing,
        "sha256": protocol.sha256,
        "agreements": [
            {
                "organisation": each.organisation.code,
                "names": each.organisation.names,
                "name": each.name,
                "email": each.email,
                "asked_at": each.asked_at.isoformat(),
                "decision": each.decision,
                "decided_at": each.decided_at.isoformat() if each.decided_at else None,
                "comment": each.comment,
            }
            for each in protocol.agreements
        ],
        "rows": [
            {
                "number": each.number,
                "kind": each.row.kind,
                "sha256": each.row.facts_sha256,
                "changed_since": each.has_changed,
                "facts": canonical_facts(each.row.facts).decode(),
            }
            for each in protocol.rows
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
