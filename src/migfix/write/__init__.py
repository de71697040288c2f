"""Files are written together or not at all, and can be taken back."""
