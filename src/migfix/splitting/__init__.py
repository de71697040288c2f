"""Migrations that depend on each other, and how to break the cycle."""
