"""Recommendations: for whom they are, how far they are, and which evidence they stand on."""

from enum import StrEnum


class Addressee(StrEnum):
    """Who a recommendation is for."""

    PARTNER = "partner"
    COMPANY = "company"
    MINISTRY = "ministry"


class RecommendationState(StrEnum):
    """How far a recommendation is."""

    OPEN = "open"
    UNDER_WAY = "under_way"
    DONE = "done"
    DROPPED = "dropped"
