"""What is known of each operation on rows that are there, apart from what rules find."""
