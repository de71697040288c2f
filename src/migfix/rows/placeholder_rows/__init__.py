"""Placeholder rows: which ones a new foreign key needs, and the values they get."""
