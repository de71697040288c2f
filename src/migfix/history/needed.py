"""The dependency that guarantees a model of another app."""

from __future__ import annotations

from migfix.history import History
from migfix.source.edits import Edit, Insert, Replace
from migfix.source.formatting import literal, quote_of, with_quotes
from migfix.source.migration import Key, Migration

CONTRIB: dict[str, str] = {
    "admin": "0003_logentry_add_action_flag_choices",
    "auth": "0012_alter_user_first_name_max_length",
    "contenttypes": "0002_remove_content_type_name",
    "flatpages": "0001_initial",
    "redirects": "0002_alter_redirect_new_path_help_text",
    "sessions": "0001_initial",
    "sites": "0002_alter_domain_unique",
}
"""The newest migration of each of Django's own apps: the same from 3.1 to 6.1."""
_BRINGS = {("auth", CONTRIB["auth"]): ("contenttypes", CONTRIB["contenttypes"])}


def newest(migration: Migration, app: str, history: History) -> Key | None:
    """The newest migration of ``app`` that ``migration`` may depend on: none that comes after it, or that may."""
    if app in CONTRIB and not history.app(app):
        return app, CONTRIB[app]
    for leaf in history.leaves(app):
        found = history.migration(leaf)
        line = [found, *reversed(list(history.before(found)))] if found else []
        for each in line:
            its_line = (each, *history.before(each))
            may_be_later = any(other.key == migration.key or not _is_read(other) for other in its_line)
            if each.app == app and not may_be_later:
                return each.key
    return None


def _is_read(migration: Migration) -> bool:
    """Whether all that a migration waits for is known."""
    return all(each.is_read for each in migration.dependencies)


def is_guaranteed(migration: Migration, key: Key, history: History) -> bool:
    """Whether ``key``, a migration that may be outside the project, runs before ``migration``."""
    if history.migration(key):
        return any(each.key == key for each in history.before(migration))
    named = {each.key for before in (migration, *history.before(migration)) for each in before.dependencies if each.key}
    return key in named or key in {_BRINGS[each] for each in named if each in _BRINGS}


def dependency_code(key: Key, source: bytes) -> str:
    """A dependency on ``key`` in the quotes that a file prefers."""
    return with_quotes(f"({literal(key[0])}, {literal(key[1])})", quote_of(source))


def dependency_edit(migration: Migration, key: Key) -> Insert:
    """The edit that lets ``migration`` depend on ``key``, too."""
    place = ("dependencies", len(migration.dependencies))
    return Insert(migration.path, place, dependency_code(key, migration.source))


def later_dependency_edit(migration: Migration, key: Key, history: History) -> Edit:
    """The same in the place of a dependency that ``key`` brings anyway, where there is one on an earlier one."""
    later = history.whole.migration(key)
    brought = {each.key for each in history.whole.before(later)} if later else set()
    for each in migration.dependencies:
        if each.key in brought and each.key[0] == key[0]:
            return Replace(migration.path, ("dependencies", each.index), dependency_code(key, migration.source))
    return dependency_edit(migration, key)


def needs_user(migration: Migration, history: History) -> bool:
    """Whether no dependency on the swappable user model guarantees it yet."""
    return not any(
        each.setting == "AUTH_USER_MODEL"
        for before in (migration, *history.before(migration))
        for each in before.dependencies
    )
