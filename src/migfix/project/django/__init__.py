"""What Django knows about a project. A separate process imports the project and answers."""
