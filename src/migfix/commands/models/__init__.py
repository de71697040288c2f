"""``migfix models``: which of the project's modules import each other, and what they use the imports for."""

from __future__ import annotations
