"""The models that an operation changes, reads or points at, and whether it can be reversed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db.migrations.migration import Migration
from django.db.migrations.operations import RunPython, RunSQL, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import AlterField
from django.db.migrations.operations.models import AlterModelTable, DeleteModel
from django.db.migrations.state import ProjectState

from migfix.errors import MigfixError
from migfix.findings.proof import Place
from migfix.prove.planned import file_of
from migfix.source import migration as model
from migfix.source import read_migration
from migfix.source.data_functions.effects import effects
from migfix.source.data_functions.lookups import models_named
from migfix.source.migration import Key, Name


@dataclass(frozen=True)
class Sources:
    """The migration files of a trial: planned content by path. Other files are read from disk."""

    planned: dict[str, bytes]

    def read(self, migration: Migration) -> model.Migration | None:
        """A migration as migfix reads it; None if it can't be read."""
        path = file_of(migration)
        return _read(path, migration.app_label, self.planned.get(path))

    def place(self, migration: Migration, operation: Operation, index: int | None) -> Place:
        """The place of an operation."""
        read = self.read(migration)
        line = next((op.line for op in read.operations if op.where == ("operations", index)), None) if read else None
        return Place(file_of(migration), line, described(operation))


@lru_cache
def _read(path: str, app: str, planned: bytes | None) -> model.Migration | None:
    try:
        return read_migration(path, app, Path(path).stem, Path(path).read_bytes() if planned is None else planned)
    except (MigfixError, OSError):
        return None


def described(operation: Operation) -> str:
    """A short description of an operation: ``AddField post.category``."""
    names = [str(getattr(operation, name)) for name in ("model_name", "name", "old_name") if _said(operation, name)]
    if isinstance(operation, RunPython):
        names = [getattr(operation.code, "__name__", "")]
    return " ".join(filter(None, [type(operation).__name__, ".".join(dict.fromkeys(names))]))


def _said(operation: Operation, name: str) -> bool:
    return isinstance(getattr(operation, name, None), str)


def flattened(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Every operation, with those inside a SeparateDatabaseAndState instead of it."""
    for each in operations:
        if isinstance(each, SeparateDatabaseAndState):
            yield from flattened((*each.database_operations, *each.state_operations))
        else:
            yield each


def is_separated(operations: Iterable[Operation]) -> bool:
    """Whether an operation separates database and state."""
    return any(
        isinstance(each, SeparateDatabaseAndState) or (isinstance(each, RunSQL) and each.state_operations)
        for each in operations
    )


def written(migrations: Iterable[Migration], states: tuple[ProjectState, ...], sources: Sources) -> set[str]:
    """The tables whose rows code of the migrations may write, also because it deletes rows that they point at."""
    known = dict.fromkeys(key for state in states for key in sorted(state.models))
    found: set[Key] = set()
    for migration in migrations:
        for operation in flattened(migration.operations):
            if isinstance(operation, RunPython | RunSQL) and not _does_nothing(operation):
                found.update(_written(operation, migration, known, states, sources))
    return {_table(state.models[key].options, key) for state in states for key in found if key in state.models}


def _written(
    operation: RunPython | RunSQL,
    migration: Migration,
    known: dict[Key, None],
    states: tuple[ProjectState, ...],
    sources: Sources,
) -> Iterator[Key]:
    read = sources.read(migration)
    if isinstance(operation, RunPython):
        if not read or not _text(operation, migration, sources):
            yield from known
            return
        done = effects(read, getattr(operation.code, "__name__", ""))
        if all(each.kind != "unknown" and each.model in known for each in done):
            for each in done:
                if each.model:
                    yield each.model
                    yield from _pointing_at(each.model, states) if each.kind == "delete" else ()
            return
    for key in _touched(operation, migration, known, states, sources):
        yield key
        yield from _pointing_at(key, states)


def _does_nothing(operation: RunPython | RunSQL) -> bool:
    """Whether a step does nothing forward."""
    return operation.code is RunPython.noop if isinstance(operation, RunPython) else operation.sql == RunSQL.noop


def _text(operation: RunPython, migration: Migration, sources: Sources) -> str:
    """The source of the function, if it is in the file."""
    read, code = sources.read(migration), getattr(operation.code, "__name__", "")
    return read.functions[code].code if read and code in read.functions else ""


def touched(migrations: Iterable[Migration], states: tuple[ProjectState, ...], sources: Sources) -> dict[Key, None]:
    """The models, by app label and lower-case name, that the migrations change, read, write or point at."""
    known = dict.fromkeys(key for state in states for key in sorted(state.models))
    found: dict[Key, None] = {}
    for migration in migrations:
        for operation in flattened(migration.operations):
            found.update(dict.fromkeys(_touched(operation, migration, known, states, sources)))
    return found


def _touched(
    operation: Operation,
    migration: Migration,
    known: dict[Key, None],
    states: tuple[ProjectState, ...],
    sources: Sources,
) -> Iterator[Key]:
    if isinstance(operation, RunPython):
        read = sources.read(migration)
        code = getattr(operation.code, "__name__", "")
        text = _text(operation, migration, sources)
        named = models_named(read, Name(code)) if read and text else frozenset()
        imported = {each.model for each in effects(read, code) if each.model in known} if read and text else set()
        yield from sorted(named | imported)
        if "AUTH_USER_MODEL" in text or "get_user_model" in text:
            app, _, name = settings.AUTH_USER_MODEL.partition(".")
            yield app, name.lower()
        if not text or text.count("get_model(") > len(named):
            yield from (key for key in known if key[0] == migration.app_label)
    elif isinstance(operation, RunSQL):
        words = set(re.findall(r"\w+", str((operation.sql, operation.reverse_sql)).lower()))
        for state in states:
            yield from (key for key, each in state.models.items() if _table(each.options, key) in words)
    elif type(operation).references_model is not Operation.references_model:
        app = migration.app_label
        yield from (key for key in known if operation.references_model(key[1], key[0] if key[0] != app else app))
        if isinstance(operation, AlterField | DeleteModel | AlterModelTable):
            own = (app, getattr(operation, "model_name", getattr(operation, "name", "")).lower())
            yield from _pointing_at(own, states)
    else:
        names = [getattr(operation, name).lower() for name in ("model_name", "name") if _said(operation, name)]
        yield from (key for key in known if key[0] == migration.app_label and key[1] in names)


def _table(options: dict[str, object], key: Key) -> str:
    return str(options.get("db_table") or "_".join(key)).strip('"').lower()


def _pointing_at(target: Key, states: tuple[ProjectState, ...]) -> Iterator[Key]:
    """The models with a relation to ``target``, whose columns change with its key."""
    for state in states:
        for key, each in state.models.items():
            for field in each.fields.values():
                to = getattr(getattr(field, "remote_field", None), "model", None)
                if (
                    isinstance(to, str)
                    and to.lower() in (".".join(target), target[1])
                    and ("." in to or key[0] == target[0])
                ):
                    yield key


def reverse_notes(migrations: Iterable[Migration], sources: Sources) -> tuple[list[Place], list[Place]]:
    """The operations that can't be reversed, and those whose reverse does nothing."""
    irreversible, noops = [], []
    for migration in migrations:
        for index, operation in enumerate(migration.operations):
            for each in flattened([operation]):
                if not each.reversible:
                    irreversible.append(sources.place(migration, operation, index))
                elif is_noop(each):
                    noops.append(sources.place(migration, operation, index))
    return irreversible, noops


def is_noop(operation: Operation) -> bool:
    """Whether the reverse of a ``RunPython`` or ``RunSQL`` is a noop."""
    if isinstance(operation, RunPython):
        return operation.reverse_code is RunPython.noop and operation.code is not RunPython.noop
    return isinstance(operation, RunSQL) and operation.reverse_sql == RunSQL.noop and operation.sql != RunSQL.noop
