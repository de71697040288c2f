"""Which project this is: its files, its configuration, what git, Django and its databases know of it."""
