"""The process that compares a database with its models, and mends it. It imports the project and Django."""
