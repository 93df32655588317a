"""Presses opened once, and what poppler reads in a PDF."""

import shutil
import subprocess
from collections.abc import Callable

import pytest

from certificates import Press, open_press


@pytest.fixture(scope="session")
def press() -> Press:
    return open_press("academic", ("en",))


@pytest.fixture(scope="session")
def press_of_two() -> Press:
    return open_press("academic", ("en", "ru"))


@pytest.fixture(scope="session")
def text_of() -> Callable[[bytes], str]:
    """What a reader copies out of a PDF, by poppler; spaces and line ends as one space."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")

    def read(pdf: bytes) -> str:
        done = subprocess.run(
            ["pdftotext", "-enc", "UTF-8", "-", "-"],
            input=pdf,
            capture_output=True,
            check=True,
        )
        return " ".join(done.stdout.decode().split())

    return read
