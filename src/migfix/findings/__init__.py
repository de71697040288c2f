"""What the rules report: findings, the edits in them, and the results of ``verify``."""
