"""Random projects: models, changes and data functions, written with Django's own autodetector and writer."""
