"""What the functions of a RunPython read and write."""
