"""A project: its files, its configuration, and what git, Django and its databases know about it."""
