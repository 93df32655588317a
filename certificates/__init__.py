"""Facts in, PDF out: certificates for any programme.

    press = open_press("academic", ("en", "ru"))
    data = press.print(facts)

This package knows neither the web nor a database; whoever uses it hands over
`CertificateFacts` and gets the bytes of one document, or `CannotPrint` with a
sentence for each reason.
"""

from .checks import CannotPrint, Problem, clean, problems_of
from .designs import Design, DesignIncomplete, list_designs, read_design
from .facts import CertificateFacts, ModuleRow, Partner, Recipient, Signatory
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
