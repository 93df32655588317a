"""Papers that people photograph or scan: every page becomes a picture drawn anew.

A photograph is one page. A PDF is drawn in a process of its own with little time and memory, so
that a hostile file costs us a refusal and nothing else; scripts, links and files inside are gone.
"""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from courseware.images import PAGE_BYTES, PAGE_SIDE, UnusablePicture, take_page
from courseware.messages import Message

MOST_PAGES = 20
SECONDS = 20
MEMORY = 700 * 1024 * 1024
"""Of addresses, not of what is really used: libraries alone map some 300 MB."""

_TOO_MANY = 3
_LOCKED = 4


def take_pages(data: bytes) -> list[str]:
    """Keep the pages of a photograph or of a PDF; the SHA-256 of each, in order.

    Raises UnusablePicture with a sentence for the person who sent it.
    """
    if not data[:1024].lstrip().startswith(b"%PDF-"):
        return [take_page(data)]
    if len(data) > PAGE_BYTES:
        raise UnusablePicture(
            Message(
                "The file has %(size)s MB; at most %(most)s MB can be taken. Save it smaller.",
                size=f"{len(data) / 1024 / 1024:.1f}",
                most=PAGE_BYTES // 1024 // 1024,
            )
        )
    with tempfile.TemporaryDirectory(prefix="courseware-scan-") as folder:
        _draw_apart(data, Path(folder))
        return [take_page(page.read_bytes()) for page in sorted(Path(folder).glob("*.jpg"))]


def _draw_apart(data: bytes, folder: Path) -> None:
    """Draw the pages of a PDF into `folder`, in another process."""
    command = [sys.executable, "-m", "courseware.scans", str(folder)]
    root = str(Path(__file__).parent.parent)
    try:
        done = subprocess.run(
            command, input=data, timeout=SECONDS, capture_output=True, cwd=root, check=False
        )
        code = done.returncode
    except subprocess.TimeoutExpired:
        code = -1
    if code == _TOO_MANY:
        raise UnusablePicture(
            Message(
                "The PDF has more than %(most)s pages. Send the pages that matter.",
                most=MOST_PAGES,
            )
        )
    if code == _LOCKED:
        raise UnusablePicture(
            Message("The PDF is locked with a password. Save it without one, or send photographs.")
        )
    if code != 0 or not any(folder.iterdir()):
        raise UnusablePicture(
            Message("The PDF cannot be drawn. Photograph the pages and send the pictures.")
        )


def _draw(data: bytes, folder: Path) -> int:
    """In the other process: draw each page, and say by a number what was wrong."""
    import resource

    import pypdfium2

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        document = pypdfium2.PdfDocument(io.BytesIO(data))
    except pypdfium2.PdfiumError as error:
        return _LOCKED if "assword" in str(error) else 1
    if len(document) > MOST_PAGES:
        return _TOO_MANY
    for number in range(len(document)):
        page = document[number]
        longest = max(page.get_size())
        if longest <= 0:
            return 1
        picture = page.render(scale=PAGE_SIDE / longest).to_pil().convert("RGB")
        picture.save(folder / f"{number + 1:04}.jpg", "JPEG", quality=92)
        page.close()
    return 0


if __name__ == "__main__":
    sys.exit(_draw(sys.stdin.buffer.read(), Path(sys.argv[1])))
