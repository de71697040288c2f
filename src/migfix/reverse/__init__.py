"""How a step goes back: by a true inverse, by doing nothing honestly, or only by a person's decision."""
