"""Rows that a rewritten migration makes: their values, and the function that makes them."""
