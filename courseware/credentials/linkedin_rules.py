"""The address that opens LinkedIn's form with the fields of a certificate filled in."""

from datetime import date
from urllib.parse import urlencode

FORM = "https://www.linkedin.com/profile/add"


def linkedin_address(
    *, programme: str, organisation: str, number: str, issued_on: date, verification: str
) -> str:
    """A plain link: nothing is sent to anybody until the holder follows it."""
    return f"{FORM}?" + urlencode(
        {
            "startTask": "CERTIFICATION_NAME",
            "name": programme,
            "organizationName": organisation,
            "issueYear": issued_on.year,
            "issueMonth": issued_on.month,
            "certUrl": verification,
            "certId": number,
        }
    )
