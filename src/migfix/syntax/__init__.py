"""Apply edits to the source of a file, as bytes. The only package that imports LibCST."""

from __future__ import annotations

from migfix.syntax.rewrite import CannotEdit, apply_edits

__all__ = ["CannotEdit", "apply_edits"]
