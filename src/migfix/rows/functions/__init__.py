"""The functions of a RunPython that make or fill rows."""
