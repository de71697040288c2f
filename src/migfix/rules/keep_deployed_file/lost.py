"""Deployed migrations whose files are gone, and what took their place."""

from __future__ import annotations

from collections.abc import Iterable

from migfix.history import History
from migfix.history.differences import table_differences
from migfix.history.state import State
from migfix.source.migration import Key, Migration


def lost(migration: Migration, history: History) -> list[Migration]:
    """The deployed migrations of the app that are gone and that no file replaces, or replaced when it was deployed."""
    files = history.app(migration.app).values()
    versions = (*files, *filter(None, map(history.earlier, files)))
    replaced = {key for each in versions for key in each.replaces}
    return [each for each in history.gone(migration) if each.key not in replaced]


def new_files(app: str, history: History) -> list[Migration]:
    """The migrations of an app that aren't on the default branch themselves."""
    return [each for each in history.app(app).values() if not history.why_deployed(each).startswith("is on ")]


def twin(migration: Migration, gone: Iterable[Migration]) -> Migration | None:
    """The file that is gone and has the same operations: it was renamed."""
    operations = [each.value for each in migration.operations]
    return next((each for each in gone if [op.value for op in each.operations] == operations), None)


def ends_as_before(app: str, gone: Iterable[Migration], history: History) -> bool:
    """Whether the tables of an app are the same at the end of the deployed files and of those that are there."""
    there = history.app(app)
    new = {each.key for each in new_files(app, history)}
    kept = [history.earlier(each) or each for each in there.values() if each.key not in new]
    deployed = history.with_migrations([*kept, *gone])
    before = _end(deployed, [*kept, *gone])
    after = history.state_at_end(history.leaves(app))
    return bool(before and after and not table_differences(before, after, app))


def _end(history: History, migrations: list[Migration]) -> State | None:
    parents: set[Key] = {key for each in migrations for key in history.own_parents(each)}
    return history.state_at_end(each.key for each in migrations if each.key not in parents)
