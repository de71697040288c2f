"""Projects that nobody wrote: models, changes and data steps at random, by Django's own autodetector and writer."""
