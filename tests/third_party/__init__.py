"""A project whose apps are all of other people."""
