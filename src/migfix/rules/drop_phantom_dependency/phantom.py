"""Dependencies on migrations that an installed package doesn't ship."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePath

from migfix.history import History
from migfix.history.dependencies import is_lost
from migfix.history.providers import providers
from migfix.history.uses import uses
from migfix.project.installed import Package
from migfix.source import read_migration
from migfix.source.migration import Dependency, Key, Migration


@dataclass(frozen=True)
class Phantom:
    """A dependency on a migration that isn't shipped."""

    dependency: Dependency
    package: Package
    instead: str | None
    """The shipped migration that can replace it; None if migfix can't determine."""
    before: str | None
    """The migration right before it: the parent of its file, else the newest that is shipped."""
    is_deployed: bool
    """Whether databases have applied the file with the dependency."""

    @property
    def key(self) -> Key:
        assert self.dependency.key is not None
        return self.dependency.key

    @property
    def is_on_disk(self) -> bool:
        """Whether its file exists in the package's folder."""
        return (self.package.folder / f"{self.key[1]}.py").is_file()


def phantoms(migration: Migration, history: History) -> Iterator[Phantom]:
    """The dependencies of ``migration`` on an installed package's app that the package doesn't ship."""
    for each in migration.dependencies:
        if each.key is None or each.key[1].startswith("__") or history.app(each.key[0]):
            continue
        package = history.package(each.key[0])
        if package is None or each.key[1] in package.shipped:
            continue
        shipped = history.whole.app(each.key[0]).values()
        newest, parent = _newest(each.key[0], history), _parent(each.key, package, history)
        is_deployed = bool(history.why_deployed(migration))
        instead = _surely_applied(migration, each.key, parent, history) if is_deployed else newest
        found = Phantom(each, package, instead, parent or newest, is_deployed)
        if not any(each.key in other.replaces for other in shipped) and _is_sure(migration, found, history):
            yield found


def _newest(app: str, history: History) -> str | None:
    leaves = history.whole.leaves(app)
    return leaves[0][1] if len(leaves) == 1 else None


def _parent(lost: Key, package: Package, history: History) -> str | None:
    """The migration that the unshipped file depends on, if that file still exists."""
    stray = package.folder / f"{lost[1]}.py"
    if not stray.is_file():
        return None
    read = read_migration(str(stray), *lost, stray.read_bytes())
    return next((name for _, name in history.whole.own_parents(read) if name in package.shipped), None)


def _surely_applied(migration: Migration, lost: Key, parent: str | None, history: History) -> str | None:
    """A migration of the app that every database with ``migration`` has applied; None if migfix can't determine.

    With a dependency that isn't applied, Django would stop every migrate there. The result is the parent of the
    unshipped file, else the oldest migration that has the models used here.
    """
    app = lost[0]
    models = frozenset(each.model for each in uses(migration) if each.model[0] == app and each.model[1])
    candidates = [parent, *(name for _, name in list(providers(app, models, history.whole))[-1:])]
    held = [applied for applied in history.facts.applied.values() if migration.key in applied]
    return next((each for each in candidates if each and all((app, each) in applied for applied in held)), None)


def _is_sure(migration: Migration, phantom: Phantom, history: History) -> bool:
    """Whether the project uses this package, rather than another one with that label or an older release."""
    if phantom.is_on_disk:
        return True
    if phantom.package.distribution.lower() == "django":
        version = tuple(map(int, re.findall(r"\d+", phantom.package.version)[:2]))
        return migration.django is not None and migration.django <= version
    return history.installs(phantom.package.module)


def missing_files(migration: Migration, history: History) -> Iterator[tuple[Dependency, str]]:
    """The dependencies on a migration that an app of the project doesn't have, each with the most similar name.

    The name is "" if every migration of the app is this one or runs after it.
    """
    for each in migration.dependencies:
        if each.key and is_lost(each, history):
            there = history.app(each.key[0])
            earlier = [name for name, other in there.items() if not _comes_after(other, migration, history)]
            yield each, next(iter(get_close_matches(each.key[1], earlier, 1, 0)), "")


def missing_apps(migration: Migration, history: History) -> Iterator[tuple[Dependency, str]]:
    """The dependencies on an app that is nowhere, each with the label that the app has now, or ""."""
    for each in migration.dependencies:
        if each.key is None or each.key[1].startswith("__") or history.app(each.key[0]):
            continue
        app = each.key[0]
        if history.has_app(app) is False:
            yield each, next((label for label in history.labels if _was_called(label, app, history)), "")
        elif not history.package(app):
            yield from ((each, label) for label in history.labels if _folder(label, history) == app)


def _folder(label: str, history: History) -> str:
    """The name of the folder of an app."""
    return next((PurePath(each.path).parent.parent.name for each in history.app(label).values()), "")


def _was_called(label: str, old: str, history: History) -> bool:
    """Whether an app had another label: its folder is called so, or its migrations depend on each other under it."""
    if _folder(label, history) == old:
        return True
    own = history.app(label)
    for migration in own.values():
        keys = [each.key for each in migration.dependencies if each.key]
        earlier = {(old, name) for name in own if name != migration.name}
        if earlier.intersection(keys) and label not in (app for app, _ in keys):
            return True
    return False


def _comes_after(other: Migration, migration: Migration, history: History) -> bool:
    """Whether ``other`` is the migration itself, or runs after it."""
    return migration.key == other.key or history.runs_before(migration.key, other)
