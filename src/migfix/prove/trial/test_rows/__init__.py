"""The rows that a trial puts into the tables before."""
