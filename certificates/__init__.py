"""Facts in, PDF out: certificates for any programme.

    press = open_press("academic", ("en", "ru"), images=read_image, seal=seal)
    data = press.print(facts, attachments=(badge,))

This package knows neither the web nor a database; whoever uses it hands over
`CertificateFacts` and gets the bytes of one document, or `CannotPrint` with a
sentence for each reason.
"""

from typing import TYPE_CHECKING, Any

from .checks import CannotPrint, Problem, clean, problems_of
from .designs import Design, DesignIncomplete, list_designs, read_design
from .facts import Attachment, CertificateFacts, ModuleRow, Partner, Recipient, Signatory

if TYPE_CHECKING:
    from .press import Press, open_press, press_of_this_thread
    from .signing import KeyUnreadable, Seal

__all__ = [
    "Attachment",
    "CannotPrint",
    "CertificateFacts",
    "Design",
    "DesignIncomplete",
    "KeyUnreadable",
    "ModuleRow",
    "Partner",
    "Press",
    "Problem",
    "Recipient",
    "Seal",
    "Signatory",
    "clean",
    "list_designs",
    "open_press",
    "press_of_this_thread",
    "problems_of",
    "read_design",
]


def __getattr__(name: str) -> Any:
    # The layout engine takes a second to load; who only handles facts need not wait for it.
    if name in ("Press", "open_press", "press_of_this_thread"):
        from . import press

        return getattr(press, name)
    if name in ("Seal", "KeyUnreadable"):
        from . import signing

        return getattr(signing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
