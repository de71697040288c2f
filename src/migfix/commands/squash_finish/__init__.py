"""``migfix squash-finish``: the last steps once a squashed migration is applied everywhere."""
