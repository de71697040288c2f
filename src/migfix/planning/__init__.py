"""Turn the findings of the rules into a plan: the edits to make, their order, and what needs your decision."""
