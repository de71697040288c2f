"""Models of other apps that a migration uses although no dependency guarantees that they exist."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from migfix.history import History
from migfix.history.providers import providers
from migfix.history.uses import Use, uses
from migfix.rules.add_missing_dependency.swappable import has_setting, may_be_user_app, named
from migfix.source.migration import Dependency, Key, Migration


@dataclass(frozen=True)
class Missing:
    """Models of one app, or of one setting, that no dependency guarantees."""

    app: str
    uses: tuple[Use, ...]
    labels: str
    """The models' labels, to be printed."""
    provider: Key | None = None
    """The newest migration that has all of them and doesn't run after this one."""
    later: Key | None = None
    """If there is none: the first migration that has all of them, which runs after this one."""

    @property
    def setting(self) -> str:
        return self.uses[0].setting


def missing(migration: Migration, history: History) -> Iterator[Missing]:
    """What ``migration`` lacks, app by app; empty if migfix can't determine. Reads installed packages, too."""
    found = sorted(uses(migration), key=lambda use: (use.model[0], use.setting))
    history = history.whole if found else history
    if not found or history.any_before(migration, _is_unclear):
        return
    line = [migration, *history.before(migration)]
    for (app, setting), group in groupby(found, key=lambda use: (use.model[0], use.setting)):
        if setting:
            if not has_setting(migration, setting, line, history):
                yield Missing(app, tuple(group), f"settings.{setting}")
        else:
            yield from _missing_of(migration, app, tuple(group), line, history)


def _is_unclear(migration: Migration, history: History) -> bool:
    """Whether a dependency of a migration can't be read or found."""
    if migration.unread and "`operations`" not in migration.unread[1]:
        return True
    for each in migration.dependencies:
        if not each.is_read:
            return True
        is_gone = each.key and not each.key[1].startswith("__") and history.app(each.key[0])
        if is_gone and history.resolve(each) is None:
            return True
    return False


def _missing_of(
    migration: Migration, app: str, used: tuple[Use, ...], line: list[Migration], history: History
) -> Iterator[Missing]:
    if not history.app(app):
        if not _may_be_there(migration, app, line, history):
            yield Missing(app, used, " and ".join(dict.fromkeys(".".join(each.model).rstrip(".") for each in used)))
        return
    if any(each.unread and each.app == app for each in line) or may_be_user_app(app, line, history):
        return
    state = history.state_before(migration)
    if any(key[0] == app for key, _ in state.opaque):
        return
    is_waiting = any(each.app == app for each in line)
    lacking = tuple(each for each in used if (each.model not in state.models if each.model[1] else not is_waiting))
    models = frozenset(each.model for each in lacking if each.model[1])
    found = providers(app, models, history) if lacking else {}
    earlier = next((key for key in found if migration.key not in _reach(key, history)), None)
    if earlier and not _is_brought(migration, earlier, models, history):
        return
    if found:
        labels = " and ".join(next(iter(found.values()))) or app
        is_read = all(each.is_read for key in found for each in _waits_of(key, history))
        places = (earlier, None if earlier else [*found][-1]) if is_read else (None, None)
        yield Missing(app, lacking, labels, *places)


def _reach(key: Key, history: History) -> set[Key]:
    found = history.migration(key)
    return {each.key for each in (found, *history.before(found))} if found else set()


def _waits_of(key: Key, history: History) -> Iterator[Dependency]:
    """The dependencies of a migration and of all before it. One that isn't read could be any migration."""
    found = history.migration(key)
    for each in (found, *history.before(found)) if found else ():
        yield from each.dependencies


def _is_brought(migration: Migration, key: Key, models: frozenset[Key], history: History) -> bool:
    """Whether the models exist with a dependency on ``key``. Another migration before may delete or rename them."""
    added = Dependency(key, None, len(migration.dependencies), 1)
    changed = replace(migration, dependencies=(*migration.dependencies, added))
    return models <= history.with_migrations([changed]).state_before(changed).models.keys()


def _may_be_there(migration: Migration, app: str, line: list[Migration], history: History) -> bool:
    """Whether an app that isn't found may exist: it is named, hidden behind another one, or has no migrations."""
    keys = [key for each in line for key in named(each)]
    if any(key[0] == app or not history.app(key[0]) for key in keys):
        return True
    return history.module(f"{app}.models", migration.path) is not None or history.installs(app)
