"""A project that has only third-party apps."""
