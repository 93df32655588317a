"""Facts in, PDF out: certificates for any programme.

    press = open_press("academic", ("en", "ru"))
    data = press.print(facts)

This package knows neither the web nor a database; whoever uses it hands over
`CertificateFacts` and gets the bytes of one document, or `CannotPrint` with a
sentence for each reason.
"""

from typing import TYPE_CHECKING, Any

from .checks import CannotPrint, Problem, clean, problems_of
from .designs import Design, DesignIncomplete, list_designs, read_design
from .facts import CertificateFacts, ModuleRow, Partner, Recipient, Signatory

if TYPE_CHECKING:
    from .press import Press, open_press, press_of_this_thread

__all__ = [
    "CannotPrint",
    "CertificateFacts",
    "Design",
    "DesignIncomplete",
    "ModuleRow",
    "Partner",
    "Press",
    "Problem",
    "Recipient",
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
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
