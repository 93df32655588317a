"""Registers, imports of meeting reports, the hours ledger."""
