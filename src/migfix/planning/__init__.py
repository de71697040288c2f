"""From the findings of the rules to a plan: which edits are made, in which order, and what is left to a person."""
