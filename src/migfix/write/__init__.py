"""Write files all together or not at all, and undo the last write."""
