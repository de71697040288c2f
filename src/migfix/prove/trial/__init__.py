"""The process that runs migrations on scratch databases. It imports the project and Django."""
