"""Migrations that wait for each other, and how to open the circle."""
