"""The register as a journal on paper, and all certificates in one file for the printer."""

import tempfile
import zipfile
from datetime import date
from typing import IO

import pikepdf
from flask import render_template

from courseware import files
from courseware.cohorts.models import Cohort
from courseware.credentials import service
from courseware.credentials.exports import register_as_values, write_register
from courseware.credentials.models import Credential
from courseware.credentials.paper_service import state_of
from courseware.credentials.rules import CredentialState
from courseware.errors import Refused
from courseware.messages import Message
from courseware.partners.rules import Part

ROWS_ON_A_PAGE = 12


def write_journal(cohort: Cohort, *, today: date) -> bytes:
    """The register on A4 across: pages with numbers, lines to sign for each certificate."""
    # The layout engine takes a second to load; most commands and pages need none.
    from courseware.documents import write_pdf

    rows = register_as_values(cohort)
    pages = [rows[at : at + ROWS_ON_A_PAGE] for at in range(0, len(rows), ROWS_ON_A_PAGE)]
    page = render_template(
        "credentials/journal.html",
        cohort=cohort,
        pages=pages or [[]],
        today=today,
        rows_on_a_page=ROWS_ON_A_PAGE,
        partners=[
            each.organisation
            for each in cohort.programme.partners
            if each.part in (Part.LEAD, Part.HOST)
        ],
    )
    return write_pdf(page, render_template("credentials/journal.css"))


def _in_force(cohort: Cohort) -> list[Credential]:
    return [
        each for each in service.list_credentials(cohort) if state_of(each) == CredentialState.VALID
    ]


def write_archive(cohort: Cohort) -> IO[bytes]:
    """All certificates in force and the register as a ZIP file, open for reading.

    Written to the disk file by file, so that it costs no memory. Names are UTF-8 and say so,
    which Windows has read since Windows 7. Raises FileMissing.
    """
    target = tempfile.TemporaryFile()
    # PDFs are compressed inside already.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for credential in _in_force(cohort):
            archive.writestr(service.file_name_of(credential), service.file_of(credential))
        archive.writestr(f"register-{cohort.code}.xlsx", write_register(cohort))
    target.seek(0)
    return target


def write_all_in_one(cohort: Cohort) -> IO[bytes]:
    """All certificates in force, one behind the other, as one PDF file, open for reading.

    For a printer: pages only, without seals, badges and tags, which hold for single files. qpdf
    reads from the disk what it needs, so that thousands cost little memory.
    """
    found = [files.place_of(each.file_sha256) for each in _in_force(cohort) if each.file_sha256]
    if not found:
        raise Refused(Message("There is no certificate in force to print."))
    with tempfile.NamedTemporaryFile(suffix=".pdf") as place:
        words = ["qpdf", "--empty", "--remove-acroform", "--keep-files-open=n", "--pages"]
        for path in found:
            words += [str(path), "1-z"]
        pikepdf.Job([*words, "--", place.name]).run()
        return open(place.name, "rb")  # stays readable when its name goes
