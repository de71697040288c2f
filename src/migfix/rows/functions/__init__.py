"""The functions of a RunPython that create or fill rows."""
