"""Statements that would leave the scratch database are not run: they could reach the one that the settings name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

_LEAVES = {
    "mysql": re.compile(r"(?:^|;)\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*|#[^\n]*\n\s*)*USE\s", re.IGNORECASE | re.DOTALL),
    "sqlite": re.compile(r"(?:^|;)\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*ATTACH\s", re.IGNORECASE | re.DOTALL),
}
CONFIGURED_NAME = "MIGFIX_CONFIGURED_NAME"
"""Key below TEST: the name that the settings give the database."""


class LeavesScratch(Exception):
    """A statement that leads to another database; it was not run."""

    def __init__(self, sql: str) -> None:
        super().__init__(f"this statement leaves the scratch database, so migfix didn't run it: {sql[:200]}")


def leaves(vendor: str, sql: str, configured: str) -> bool:
    """Whether a statement makes another database the current one, or names a table of the ``configured`` one.

    In PostgreSQL no statement can (Server Administration, "Managing Databases").
    """
    if vendor in _LEAVES and _LEAVES[vendor].search(sql):
        return True
    named = rf"\b(?:FROM|INTO|UPDATE|TABLE|JOIN|REFERENCES|ON)\s+`?{re.escape(configured)}`?\s*\.\s*`?\w"
    return vendor == "mysql" and bool(configured) and re.search(named, sql, re.IGNORECASE) is not None


def put_up() -> None:
    """Watch every connection that Django opens from now on, also those of the project's own threads."""
    connection_created.connect(_watch, dispatch_uid="migfix.fence")


def _watch(sender: object, connection: BaseDatabaseWrapper, **_: object) -> None:
    if _fenced not in connection.execute_wrappers:
        connection.execute_wrappers.append(_fenced)


def _fenced(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    connection = context["connection"]
    configured = str((connection.settings_dict.get("TEST") or {}).get(CONFIGURED_NAME) or "")
    if leaves(connection.vendor, str(sql), configured):
        raise LeavesScratch(str(sql))
    return execute(sql, params, many, context)
