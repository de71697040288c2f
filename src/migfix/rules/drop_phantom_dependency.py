"""A migration waits for one that the installed package doesn't ship: NodeNotFoundError everywhere but here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.edits import Edit
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.history.phantom import Phantom
    from migfix.model import Dependency, Migration

CODE = "MIG205"


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Wait for the newest migration that the package ships; a deployed file, for one that is applied where it is."""
    for migration in migrations:
        if all(each.key is None or history.migration(each.key) for each in migration.dependencies):
            continue
        from migfix.history.phantom import missing_files, phantoms

        for dependency, name in missing_files(migration, history):
            yield _lost(migration, dependency, name)
        for each in phantoms(migration, history):
            yield _finding(migration, each)


def _lost(migration: Migration, dependency: Dependency, name: str) -> Finding:
    from migfix.findings import Refusal

    app, lost = dependency.key or ("", "")
    why = f"{app} has no migration {lost}: NodeNotFoundError."
    next_step = f"Name the one that is meant{f', perhaps {name}' * bool(name)}, or bring its file back."
    return Refusal(CODE, migration.path, dependency.line, why, next_step)


def _finding(migration: Migration, phantom: Phantom) -> Finding:
    from migfix.findings import Advice, Refusal, Rewrite

    app, name = phantom.key
    place = CODE, migration.path, phantom.dependency.line
    why = f"{phantom.package.title} doesn't ship {app}.{name}"
    why += f"; makemigrations wrote it into {phantom.package.folder}." if phantom.is_on_disk else "."
    if phantom.instead is None and phantom.is_deployed:
        next_step = f"Depend on a migration of {app} that the package ships and every such database has applied."
        return Refusal(*place, f"{why} Databases have applied this file.", next_step)
    if phantom.instead is None:
        return Refusal(*place, why, f"Depend on the newest migration of {app} that the package ships; it has several.")
    setting = (
        f"To stop makemigrations from writing it again, set default_auto_field for {app} in an AppConfig of your own "
        "to what the package's migrations say, or take them over with MIGRATION_MODULES."
    )
    which = "which is applied wherever this file is" if phantom.is_deployed else "the newest one that it ships"
    wrote = f"Depends on {app}.{phantom.instead}, {which}. {setting}"
    back = f"run `migrate {app} {phantom.before or phantom.instead}` while the file of {app}.{name} is there"
    stray = f"{back}, then delete the file"
    advice = Advice(f"{app}.{name} was applied", stray, applied=phantom.key)
    return Rewrite(*place, why, wrote, (_edit(migration, phantom),), advice=(advice,))


def _edit(migration: Migration, phantom: Phantom) -> Edit:
    """The other name in the same place; nothing where the file depends on that one already."""
    from migfix.edits import Remove, Replace
    from migfix.history.needed import dependency_code

    app, where = phantom.key[0], ("dependencies", phantom.dependency.index)
    if any(each.key == (app, phantom.instead) for each in migration.dependencies):
        return Remove(migration.path, where)
    return Replace(migration.path, where, dependency_code((app, phantom.instead or ""), migration.source))


RULE = Rule(
    code=CODE,
    name="drop-phantom-dependency",
    why="A migration that only your own site-packages holds is missing everywhere else: nothing can be migrated there.",
    check=check,
    order=5,
    is_for_deployed=True,
)
