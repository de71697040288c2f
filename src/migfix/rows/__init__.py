"""Rows that a rewritten migration creates: their values, and the functions that create them."""
