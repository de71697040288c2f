"""Mutated migrations: whatever a file contains, migfix reports it in one line, quickly, and loses nothing."""
