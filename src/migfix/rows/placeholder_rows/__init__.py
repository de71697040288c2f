"""Placeholder rows: which ones a new foreign key needs, and their values."""
