"""What commands do beside a run of the rules: verify, demo, models, squash-finish, the question of makemigrations."""
