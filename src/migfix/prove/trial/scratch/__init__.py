"""Scratch databases that only migfix creates, uses and drops."""
