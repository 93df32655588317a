"""Organisations and their part in a programme."""
