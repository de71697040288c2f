"""What the data functions of a ``RunPython`` read and write."""
