"""Read migrations: bytes to Migration with the standard library's ast. Nothing is imported or executed."""

from __future__ import annotations

from migfix.source.reader import read_migration

__all__ = ["read_migration"]
