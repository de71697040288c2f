"""migfix: an automatic rewriter for freshly generated Django migrations."""

from __future__ import annotations

__version__ = "0.1.0"
