"""What a trial sees of rows beside their comparison: reading, replaced keys, and rows at the edge."""
