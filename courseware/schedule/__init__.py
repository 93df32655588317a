"""Sessions, venues, clashes, calendar feeds."""
