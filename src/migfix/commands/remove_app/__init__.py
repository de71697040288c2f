"""Remove an app of the project: its migrations, and what other migrations say about it."""
