"""Live models in data steps: what a migration imports from models.py, and what the historical model lacks of it."""
