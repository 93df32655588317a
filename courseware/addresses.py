"""E-mail addresses: is this one?"""

from email_validator import EmailNotValidError, validate_email

from courseware.messages import Message


def email_problem(text: str) -> Message | None:
    """Why `text` is no e-mail address, or None. Nothing is looked up outside."""
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return Message(
            "“%(value)s” is not an e-mail address. Write it like name@example.org.",
            value=text[:80],
        )
    return None
