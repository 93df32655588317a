"""The register of issued certificates as a workbook."""

from typing import Any

from courseware.cohorts.models import Cohort
from courseware.credentials import service
from courseware.credentials.models import Credential
from courseware.credentials.paper_service import state_of, verification_address
from courseware.credentials.rules import CredentialState
from courseware.hours import academic
from courseware.i18n import _
from courseware.tables import Sheet, write_xlsx
from courseware.texts import choose


def register_as_values(cohort: Cohort) -> list[dict[str, Any]]:
    """The register, one plain mapping for each certificate, as it was issued."""
    return [_values(credential) for credential in service.list_credentials(cohort)]


def _values(credential: Credential) -> dict[str, Any]:
    facts = service.facts_of(credential)
    revocation = credential.revocation
    old, new = credential.supersedes, credential.superseded_by
    return {
        "number": credential.number,
        "name_latin": facts.recipient.latin,
        "name_native": facts.recipient.native,
        "programme": choose(dict(facts.programme), facts.languages[0]),
        "hours": academic(facts.minutes, facts.academic_hour_minutes),
        "credited_hours": academic(facts.credited or 0, facts.academic_hour_minutes),
        "academic_hour_minutes": facts.academic_hour_minutes,
        "delivered_from": facts.delivered_from,
        "delivered_to": facts.delivered_to,
        "issued_on": facts.issued_on,
        "state": state_of(credential),
        "revoked_at": revocation.revoked_at if revocation else None,
        "reason": revocation.reason if revocation else "",
        "kind": credential.kind,
        "minutes": facts.minutes,
        "credited_minutes": facts.credited,
        "supersedes": old.number if old else "",
        "correction_reason": credential.correction_reason,
        "superseded_by": new.number if new and new.issued_at else "",
        "duplicates": len(credential.duplicates),
        "verification": verification_address(credential.verification_code),
        "sha256": credential.file_sha256,
    }


def write_register(cohort: Cohort) -> bytes:
    """The register of issued certificates of a cohort as an Excel workbook."""
    words = {
        CredentialState.VALID: _("valid"),
        CredentialState.SUPERSEDED: _("superseded"),
        CredentialState.REVOKED: _("revoked"),
    }
    rows = []
    for values in register_as_values(cohort):
        revoked_at = values["revoked_at"]
        rows.append(
            [
                values["number"],
                values["name_latin"],
                values["name_native"],
                values["programme"],
                values["hours"],
                values["credited_hours"],
                values["academic_hour_minutes"],
                values["delivered_from"],
                values["delivered_to"],
                values["issued_on"],
                words[values["state"]],
                revoked_at.date() if revoked_at else None,
                values["reason"],
                values["superseded_by"],
                values["supersedes"],
                values["correction_reason"],
                values["duplicates"] or None,
                "",
                values["verification"],
                values["sha256"],
            ]
        )
    header = [
        _("Number"),
        _("Name"),
        _("Name in native script"),
        _("Programme"),
        _("Hours"),
        _("Credited hours"),
        _("Minutes in an academic hour"),
        _("From"),
        _("To"),
        _("Issued"),
        _("Status"),
        _("Revoked on"),
        _("Reason"),
        _("Superseded by"),
        _("Supersedes"),
        _("Reason of the correction"),
        _("Duplicates"),
        _("Received (signature)"),
        _("Verification address"),
        "SHA-256",
    ]
    intro = [_("Register of issued certificates, %(cohort)s", cohort=cohort.code)]
    return write_xlsx(Sheet(_("Register"), header, rows, intro=intro, frozen_columns=2))
