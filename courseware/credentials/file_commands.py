"""The doctor's look at the files of certificates: each must be what was issued."""

from collections.abc import Iterator

from courseware.credentials import service
from courseware.files import FileMissing, read_file
from courseware.operating import Finding, check

MOST_NAMED = 5


@check
def _issued_files_are_whole() -> Iterator[Finding]:
    damaged, whole = [], 0
    for number, sha256 in service.list_issued_files():
        try:
            read_file(sha256)
            whole += 1
        except FileMissing:
            damaged.append(number)
    if damaged:
        named = ", ".join(damaged[:MOST_NAMED]) + (" …" if len(damaged) > MOST_NAMED else "")
        yield (
            False,
            f"{len(damaged)} files of certificates are missing or changed ({named}). "
            "Restore the last backup.",
        )
    else:
        yield True, f"All {whole} files of certificates are as they were issued."
