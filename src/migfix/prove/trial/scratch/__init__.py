"""Scratch databases: made, used and dropped by migfix alone."""
