"""migfix: an automatic rewriter for freshly generated Django migrations."""

__version__ = "0.1.0"
