"""Commands that do more than run the rules: verify, demo, models, squash-finish and makemigrations."""
