"""What Django itself says of a project: asked in a process of its own, which imports the project."""
