"""The last print: sealed, with the badge inside, with a payload in the QR code. For issuing only.

Previews and samples go through `preflight_service.print_facts` as they are, without seal and badge.
"""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from flask import current_app

import certificates
from courseware import keys
from courseware.cohorts.models import Cohort
from courseware.credentials import badge_service, offline_rules
from courseware.credentials.paper_service import print_facts
from courseware.partners.rules import Part
from courseware.texts import choose

BADGE = "badge.json"


def with_offline(
    facts: certificates.CertificateFacts, cohort: Cohort
) -> certificates.CertificateFacts:
    """The facts with the signed payload for the QR code; to be called once, before they are frozen.

    Raises Refused with a sentence where the key cannot be used.
    """
    key = keys.current().badge
    issuers = [
        each.organisation.short_name
        for each in cohort.programme.partners
        if each.part in (Part.LEAD, Part.HOST)
    ]
    packed = offline_rules.pack(
        offline_rules.OfflineFacts(
            number=facts.number,
            names=facts.recipient.names,
            programme=choose(facts.programme, facts.languages[0]),
            issuers="+".join(filter(None, issuers)),
            minutes=facts.minutes,
            academic_hour_minutes=facts.academic_hour_minutes,
            issued_on=facts.issued_on,
            delivered_from=facts.delivered_from,
            delivered_to=facts.delivered_to,
            credited=facts.credited,
            is_statement=facts.kind == "statement",
        ),
        key_id=key.short_id,
        sign=key.sign,
    )
    return replace(facts, offline=packed)


def print_final(facts: certificates.CertificateFacts, *, status_index: int, at: datetime) -> bytes:
    """The file that is issued: sealed, with the Open Badges credential attached.

    `status_index` is the credential's id, `at` the moment its number was reserved. Touches no
    database. Raises Refused with a sentence.
    """
    badge = badge_service.sign_badge(facts, status_index=status_index, at=at)
    attachment = certificates.Attachment(
        BADGE, badge, badge_service.MIME, "Open Badges 3.0 credential"
    )
    return print_facts(facts, attachments=(attachment,), seal=current_seal())


def current_seal() -> certificates.Seal:
    """What seals now; the same object as long as the key is the same, for the press keeps it."""
    key = keys.current().seal
    settings = current_app.config["SETTINGS"]
    return _seal(
        key.key_pem, key.certificate_pem, settings.timestamp_roots, settings.timestamp_url or None
    )


@lru_cache(maxsize=8)
def _seal(
    key: bytes, certificate: bytes, roots: bytes, timestamp_url: str | None
) -> certificates.Seal:
    return certificates.Seal(key, certificate, roots, timestamp_url)
