"""What is left to do once a squashed migration is applied everywhere."""
