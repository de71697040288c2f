"""Mutated migrations: whatever stands in a file, migfix answers in a line, soon, and loses nothing."""
