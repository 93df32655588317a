"""Kinds of organisations and the parts they play."""

from enum import StrEnum


class OrganisationKind(StrEnum):
    UNIVERSITY = "university"
    COLLEGE = "college"
    COMPANY = "company"
    PUBLIC_BODY = "public_body"
    ASSOCIATION = "association"
    OTHER = "other"


class Part(StrEnum):
    """What an organisation does in a programme."""

    LEAD = "lead"
    HOST = "host"
    FUNDER = "funder"
    EMPLOYER = "employer"
