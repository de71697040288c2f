"""Files that were edited after a database had applied them, as far as git and the tables show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from migfix.commands.doctor.drift import Drift
from migfix.errors import UnreadableFile
from migfix.history import History
from migfix.history.fields import field_of
from migfix.history.model import created_model
from migfix.project.files import own_repository_of
from migfix.project.git.command import Git
from migfix.source import read_migration
from migfix.source.migration import Migration

VERSIONS = 20
"""How many commits of a file are looked at, newest first."""


def with_edits(drifts: Iterable[Drift], history: History) -> Iterator[Drift]:
    """The same findings; where an older version of the file explains one, that is said, and how the file mends it."""
    for drift in drifts:
        migration = history.migration((drift.app, drift.migration))
        is_made = drift.name in ("missing-table", "missing-column")
        if migration and is_made and _makes(migration, drift.table, drift.column):
            yield _made_later(drift, migration, history)
        else:
            yield drift


def _made_later(drift: Drift, migration: Migration, history: History) -> Drift:
    commit = before_edit(migration, lambda older: not _makes(older, drift.table, drift.column))
    if not commit:
        return drift
    missing = f"the column {drift.column} of {drift.table}" if drift.column else f"the table {drift.table}"
    name = ".".join(migration.key)
    return replace(
        drift,
        name="edited-file",
        what=f"{missing} isn't there: {name} was edited after commit {commit}, which didn't make it.",
        next_step=f"{_way_back(migration, commit, history)} Or let doctor make it here alone: migfix doctor --fix.",
    )


def _way_back(migration: Migration, commit: str, history: History) -> str:
    """How the files mend it. What follows in the app keeps ``apply`` from moving the edit."""
    if migration.key in history.leaves(migration.app):
        moved = "Move the edit to a new migration, which every database runs"
        return f"{moved}: migfix apply --select MIG209 --since {commit} {migration.path}."
    restored = f"git show {commit}:./{Path(migration.path).name}"
    return f"Restore the file ({restored} has it), and run makemigrations: it writes the edit as a new migration."


def before_edit(migration: Migration, is_other: Callable[[Migration], bool]) -> str:
    """The newest commit in which a file is as ``is_other`` says; "" if git knows none."""
    path = Path(migration.path)
    top = own_repository_of(path.parent)
    if top is None:
        return ""
    git, place = Git(top), path.relative_to(top).as_posix()
    for commit in (git.output("log", f"-{VERSIONS}", "--format=%h", "--", place) or b"").decode().split():
        with suppress(UnreadableFile):
            content = git.output("show", f"{commit}:{place}")
            if content and is_other(read_migration(migration.path, *migration.key, content)):
                return commit
    return ""


def _makes(migration: Migration, table: str, column: str) -> bool:
    """Whether a migration makes a table, or a column. The table of an added column isn't looked up."""
    for op in migration.operations:
        if op.kind == "CreateModel":
            model = created_model(migration, op)
            columns = {each.column.lower() for each in model.fields.values()}
            if model.table.lower() == table.lower() and (not column or column.lower() in columns):
                return True
        elif column and op.kind == "AddField" and field_of(op).column.lower() == column.lower():
            return True
    return bool(migration.unread)
