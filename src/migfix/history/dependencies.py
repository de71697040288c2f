"""The dependency that guarantees that a model of another app exists, and dependencies on what isn't there."""

from __future__ import annotations

from migfix.history import History
from migfix.source.edits import Edit, Insert, Replace
from migfix.source.formatting import literal, quote_of, with_quotes
from migfix.source.migration import Dependency, Key, Migration

CONTRIB: dict[str, str] = {
    "admin": "0003_logentry_add_action_flag_choices",
    "auth": "0012_alter_user_first_name_max_length",
    "contenttypes": "0002_remove_content_type_name",
    "flatpages": "0001_initial",
    "redirects": "0002_alter_redirect_new_path_help_text",
    "sessions": "0001_initial",
    "sites": "0002_alter_domain_unique",
}
"""The newest migration of each of Django's own apps. It is the same from Django 3.1 to 6.1."""
_BRINGS = {("auth", CONTRIB["auth"]): ("contenttypes", CONTRIB["contenttypes"])}


def newest(migration: Migration, app: str, history: History) -> Key | None:
    """The newest migration of ``app`` that is sure not to run after ``migration``; None if there is none."""
    if app in CONTRIB and not history.app(app):
        return app, CONTRIB[app]
    for leaf in history.leaves(app):
        found = history.migration(leaf)
        line = [found, *reversed(list(history.before(found)))] if found else []
        for each in line:
            may_be_later = each.key == migration.key or history.runs_before(migration.key, each)
            if each.app == app and not may_be_later and not history.any_before(each, _is_unread):
                return each.key
    return None


def _is_unread(migration: Migration, history: History) -> bool:
    """Whether a dependency of a migration couldn't be read."""
    return not all(each.is_read for each in migration.dependencies)


def is_guaranteed(migration: Migration, key: Key, history: History) -> bool:
    """Whether ``key`` is sure to run before ``migration``. It may be a migration outside the project."""
    if history.migration(key):
        return history.runs_before(key, migration)
    named = {each.key for before in (migration, *history.before(migration)) for each in before.dependencies if each.key}
    return key in named or key in {_BRINGS[each] for each in named if each in _BRINGS}


def is_lost(dependency: Dependency, history: History) -> bool:
    """Whether it is on a migration that an app of the project doesn't have."""
    key = dependency.key
    if key is None or key[1].startswith("__") or not history.app(key[0]):
        return False
    return history.resolve(dependency) is None and not history.has_file(key)


def dependency_code(key: Key, source: bytes) -> str:
    """The code of a dependency on ``key``, in the quotes that the file uses."""
    return with_quotes(f"({literal(key[0])}, {literal(key[1])})", quote_of(source))


def dependency_edit(migration: Migration, key: Key) -> Insert:
    """The edit that adds a dependency on ``key`` to ``migration``."""
    place = ("dependencies", len(migration.dependencies))
    return Insert(migration.path, place, dependency_code(key, migration.source))


def later_dependency_edit(migration: Migration, key: Key, history: History) -> Edit:
    """The same, but replaces a dependency on an earlier migration of that app, which ``key`` includes."""
    later = history.whole.migration(key)
    brought = {each.key for each in history.whole.before(later)} if later else set()
    for each in migration.dependencies:
        if each.key in brought and each.key[0] == key[0]:
            return Replace(migration.path, ("dependencies", each.index), dependency_code(key, migration.source))
    return dependency_edit(migration, key)


def needs_user(migration: Migration, history: History) -> bool:
    """Whether neither ``migration`` nor one before it has a dependency on the swappable user model."""
    return not any(
        each.setting == "AUTH_USER_MODEL"
        for before in (migration, *history.before(migration))
        for each in before.dependencies
    )
