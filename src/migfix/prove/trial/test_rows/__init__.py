"""The test rows that a trial inserts before the migrations run."""
