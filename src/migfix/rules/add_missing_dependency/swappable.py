"""Models that a setting names: whether they are guaranteed to exist before a migration that points at them."""

from __future__ import annotations

from functools import cache

from migfix.history import History
from migfix.history.model import items_of
from migfix.source.migration import Dictionary, Key, Literal, Migration, Operation, Sequence


def may_be_user_app(app: str, line: list[Migration], history: History) -> bool:
    """Whether a dependency on AUTH_USER_MODEL may mean this app, because the setting isn't known."""
    if history.is_user_known or not any(e.setting == "AUTH_USER_MODEL" for each in line for e in each.dependencies):
        return False
    return any(map(_creates_user, history.app(app).values()))


@cache
def _creates_user(migration: Migration) -> bool:
    """Whether a migration creates a model that can be the user model."""
    return any(map(_is_user, migration.operations))


def _is_user(op: Operation) -> bool:
    fields = op.arguments.get("fields") if op.kind == "CreateModel" else None
    names = {item.items[0] for item in items_of(fields) if isinstance(item, Sequence) and item.items}
    return {Literal("password"), Literal("last_login")} <= names


def has_setting(migration: Migration, setting: str, line: list[Migration], history: History) -> bool:
    """Whether a swappable model is guaranteed: by its setting, by its migration, or because the app has it itself."""
    if any(dependency.setting == setting for each in line for dependency in each.dependencies):
        return True
    own = [each for each in line if each.app == migration.app]
    if setting == "AUTH_USER_MODEL" and any(map(_creates_user, own)):
        return True
    if any(_may_swap(op, setting) for each in own if b"swappable" in each.source for op in each.operations):
        return True
    facts = history.facts
    user = facts.auth_user if setting == "AUTH_USER_MODEL" else facts.swapped.get(setting)
    if user is None:
        return not all(history.migration(key) for each in line for key in named(each))
    return user[0] == migration.app or any(each.app == user[0] for each in line)


def _may_swap(op: Operation, setting: str) -> bool:
    """Whether a CreateModel has ``setting`` as its ``swappable`` option, or code that may mean it."""
    options = op.arguments.get("options") if op.kind == "CreateModel" else None
    swappable = options.get("swappable") if isinstance(options, Dictionary) else None
    return swappable is not None and (swappable == Literal(setting) or not isinstance(swappable, Literal))


def named(migration: Migration) -> list[Key]:
    """The migrations that the dependencies name."""
    return [each.key for each in migration.dependencies if each.key]
