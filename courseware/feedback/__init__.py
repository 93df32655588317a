"""Questionnaires, responses, summaries, the feedback report."""
