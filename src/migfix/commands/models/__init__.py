"""The project's own modules: which import each other, and what for."""

from __future__ import annotations
