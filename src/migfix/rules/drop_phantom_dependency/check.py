"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Advice, Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.dependencies import dependency_code
from migfix.rules.drop_phantom_dependency import RULE
from migfix.rules.drop_phantom_dependency.phantom import Phantom, missing_apps, missing_files, phantoms
from migfix.source.edits import Edit, Remove, Replace
from migfix.source.migration import Dependency, Migration


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Depend on the newest migration that the package ships, or in a deployed file on one that is applied with it."""
    for migration in migrations:
        for dependency, name in missing_files(migration, history):
            yield _lost(migration, dependency, name)
        for dependency, label in missing_apps(migration, history):
            yield _nowhere(migration, dependency, label)
        for each in phantoms(migration, history):
            yield _finding(migration, each)


def _lost(migration: Migration, dependency: Dependency, name: str) -> Finding:
    app, lost = dependency.key or ("", "")
    why = f"{app} has no migration {lost}: NodeNotFoundError."
    next_step = f"Depend on the right one{f', perhaps {name}' * bool(name)}, or restore its file."
    return Refusal(RULE.code, migration.path, dependency.line, why, next_step)


def _nowhere(migration: Migration, dependency: Dependency, label: str) -> Finding:
    app, name = dependency.key or ("", "")
    why = f"the project has no app {app}, and this file depends on {app}.{name}: NodeNotFoundError."
    next_step = f"Add the app to INSTALLED_APPS, or remove the dependency if nothing of {app} is used."
    if label:
        why = f"the app {app} is called {label} now, and this file depends on {app}.{name}: NodeNotFoundError."
        next_step = (
            f'Set `label = "{app}"` in its AppConfig: databases have recorded its migrations under that name. Or let '
            f"them follow: migfix rename-app {app} {label}."
        )
    return Refusal(RULE.code, migration.path, dependency.line, why, next_step)


def _finding(migration: Migration, phantom: Phantom) -> Finding:
    app, name = phantom.key
    place = RULE.code, migration.path, phantom.dependency.line
    why = f"{phantom.package.title} doesn't ship {app}.{name}"
    why += f"; makemigrations wrote it into {phantom.package.folder}." if phantom.is_on_disk else "."
    if phantom.instead is None and phantom.is_deployed:
        next_step = f"Depend on a migration of {app} that the package ships and every such database has applied."
        return Refusal(*place, f"{why} This file is deployed, so databases may have applied it.", next_step)
    if phantom.instead is None:
        return Refusal(
            *place, why, f"Depend on the newest migration of {app} that the package ships; there are several."
        )
    setting = (
        f"To stop makemigrations from writing it again, set default_auto_field for {app} in an AppConfig of your own "
        "to the value that the package's migrations use, or take them over with MIGRATION_MODULES."
    )
    which = "which is applied wherever this file is" if phantom.is_deployed else "the newest one that it ships"
    wrote = f"changes the dependency to {app}.{phantom.instead}, {which}. {setting}"
    back = f"run `migrate {app} {phantom.before or phantom.instead}` while the file of {app}.{name} exists"
    stray = f"{back}, then delete the file"
    advice = Advice(f"{app}.{name} was applied", stray, applied=phantom.key)
    return Rewrite(*place, why, wrote, (_edit(migration, phantom),), advice=(advice,))


def _edit(migration: Migration, phantom: Phantom) -> Edit:
    """Replace the dependency, or remove it if the file already depends on the replacement."""
    app, where = phantom.key[0], ("dependencies", phantom.dependency.index)
    if any(each.key == (app, phantom.instead) for each in migration.dependencies):
        return Remove(migration.path, where)
    return Replace(migration.path, where, dependency_code((app, phantom.instead or ""), migration.source))
