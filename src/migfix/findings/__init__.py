"""What the rules say: findings, the edits in them, and how they were proven."""
