"""Files that never change, kept in `<var>/files` under the SHA-256 of their content."""

import hashlib
import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from flask import current_app

PART = ".part-"


class FileMissing(LookupError):
    """A file that was stored is not there any more, or is not what it was."""


def files_folder() -> Path:
    """The folder of all stored files."""
    return Path(current_app.config["VAR_FOLDER"]) / "files"


def place_of(sha256: str, ending: str = ".pdf") -> Path:
    """Where the file with this hash lies: `ab/cdef….pdf`."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError("This is not a SHA-256.")
    return files_folder() / sha256[:2] / f"{sha256[2:]}{ending}"


def store_file(data: bytes, ending: str = ".pdf") -> str:
    """Keep `data` and give back its SHA-256; whole and on the disk, or not at all.

    Storing the same content again is harmless, so a step that was killed can be done again.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    place = place_of(sha256, ending)
    if place.exists():
        return sha256
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place.parent, prefix=PART, delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, place)
        except OSError:
            os.unlink(file.name)
            raise
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new name itself must outlast a power cut
    finally:
        os.close(folder)
    return sha256


def remove_parts() -> None:
    """Remove what a process that was killed in the middle of writing has left, an hour later."""
    oldest = time.time() - 3600
    for part in files_folder().glob(f"??/{PART}*"):
        with suppress(OSError):
            if part.stat().st_mtime < oldest:
                part.unlink()


def read_file(sha256: str, ending: str = ".pdf") -> bytes:
    """The content stored under this hash, compared with it. Raises FileMissing."""
    try:
        data = place_of(sha256, ending).read_bytes()
    except OSError as error:
        raise FileMissing(f"The file {sha256} cannot be read: {error.strerror}.") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise FileMissing(f"The file {sha256} has been changed on the disk.")
    return data
