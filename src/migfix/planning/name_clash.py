"""Names of a file whose meaning an added import would change."""

from __future__ import annotations

from collections.abc import Iterable

from migfix.history import History
from migfix.source.edits import AddImport, Edit


def name_clash(edits: Iterable[Edit], history: History) -> str:
    """The first such name; "" if there is none."""
    for edit in edits:
        migration = history.at(edit.path) if isinstance(edit, AddImport) else None
        if migration is None or not isinstance(edit, AddImport):
            continue
        name = edit.name or edit.module.partition(".")[0]
        same = [each for each in migration.imports if each.bound == name]
        is_it = [each.module == edit.module and each.name == edit.name for each in same]
        is_package = edit.name is None and all(each.name is None for each in same)
        if name in migration.bound and not ((is_it and is_it[-1]) or (same and is_package)):
            return name
    return ""
