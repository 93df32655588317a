"""Eligibility, issue, register, verification, revocation."""
