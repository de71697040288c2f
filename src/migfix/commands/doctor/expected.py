"""The tables that a database should have, because of the migrations that it has applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migfix.errors import MigfixError
from migfix.history import History
from migfix.history.differences import in_own_order
from migfix.history.model import Model
from migfix.history.state import State
from migfix.project.django.asking import ask
from migfix.rows.leftover_tables import link_table
from migfix.source.migration import Key


@dataclass(frozen=True)
class Table:
    """A table and its columns, in lower case."""

    app: str
    label: str
    name: str
    columns: dict[str, str] = field(default_factory=dict)
    """Column -> as it is written. These are surely there."""
    others: frozenset[str] = frozenset()
    """Columns that may be there: of fields whose column can't be told from source."""


@dataclass(frozen=True)
class Expected:
    """What a database has applied, and what it should have because of that."""

    keys: frozenset[Key]
    tables: dict[str, Table]
    """Table in lower case -> what it should have."""
    state: State
    """The models, read from source."""
    history: History
    unsure: frozenset[str] = frozenset()
    """The apps that can't be compared."""
    compared: Mapping[str, Any] | None = None
    """The answer of ``migfix.repair``; None where Django can't load the migrations."""
    problem: str = ""
    """Why it gave no answer."""


def expected(keys: frozenset[Key], apps: Iterable[str], history: History, where: tuple[Path, str, str]) -> Expected:
    """What Django expects in a database; read from source where Django can't load the migrations.

    ``apps`` are those that are asked for. ``where`` are the folder of the project, the settings and the database.
    """
    state, unsure = _replayed(keys, sorted(history.facts.folders or {}), history)
    root, settings, alias = where
    try:
        answer = ask("migfix.repair", root, settings, {"asked": "compare", "alias": alias, "apps": sorted(apps)})
    except MigfixError as error:
        return Expected(keys, _from_source(state), state, history, unsure, problem=str(error))
    tables = {
        table.lower(): Table(app, label, table, {column.lower(): column for column in columns})
        for app, label, table, columns in answer["tables"]
    }
    return Expected(keys, tables, state, history, compared=answer)


def from_source(keys: frozenset[Key], history: History) -> Expected:
    """What a database should have, read from source alone."""
    state, unsure = _replayed(keys, sorted(history.facts.folders or {}), history)
    return Expected(keys, _from_source(state), state, history, unsure)


def _replayed(keys: frozenset[Key], apps: Iterable[str], history: History) -> tuple[State, frozenset[str]]:
    """The models after the applied migrations, app by app, and the apps that can't be read to the end.

    This works without an order of all migrations.
    """
    state = State(history.facts)
    unsure: set[str] = set()
    for app in apps:
        for migration in in_own_order(history, app):
            if migration.key in keys or set(migration.replaces) & keys:
                state.replay(migration, migration.operations)
                unsure |= {app} if migration.unread else set()
        waiting, state.dropped = state.dropped, []
        for migration, op in waiting:
            state.replay(migration, [op])
    return state, frozenset(unsure | {app for (app, _), _ in state.opaque})


def _from_source(state: State) -> dict[str, Table]:
    """Tables in another schema, ``db_table = '"other"."post"'``, are left out: a database doesn't list them."""
    found = {}
    for model in state.models.values():
        if model.has_own_table and '"' not in model.table:
            found[model.table.lower()] = _table(model)
            for each in model.fields.values():
                if each.kind == "ManyToManyField" and each.get("through") is None:
                    name = link_table(model.table, each)
                    found[name.lower()] = Table(model.app, model.label, name)
    return found


def _table(model: Model) -> Table:
    columns, others = {}, {"_order"}
    for each in model.fields.values():
        if each.kind in ("ManyToManyField", "CompositePrimaryKey"):
            continue
        if not each.kind or "." in each.kind:  # it may be a key, or have no column
            others |= {each.column.lower(), f"{each.name}_id".lower()}
        else:
            columns[each.column.lower()] = each.column
    return Table(model.app, model.label, model.table, columns, frozenset(others))
