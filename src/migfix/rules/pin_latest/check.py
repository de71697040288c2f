"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.dependencies import dependency_code, newest
from migfix.rules.pin_latest import RULE
from migfix.source.edits import Replace
from migfix.source.migration import Dependency, Migration


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Pin ``__latest__`` to the migration it means today. Report dependencies that were added to a deployed file."""
    for migration in migrations:
        if b"__latest__" in migration.source:
            for each in migration.dependencies:
                if each.key and each.key[1] == "__latest__" and _means_something(each.key[0], migration, history):
                    yield _pinned(migration, each, history)
        deployed = history.earlier(migration)
        if deployed and {each.code for each in migration.dependencies} - {each.code for each in deployed.dependencies}:
            yield from _added(migration, deployed, history)


def _means_something(app: str, migration: Migration, history: History) -> bool:
    """Whether Django uses ``__latest__`` here. It ignores it for apps without migrations and for the file's own app."""
    is_migrated = history.app(app) or history.whole.app(app) or not history.module(f"{app}.models", migration.path)
    return app != migration.app and bool(is_migrated)


def _pinned(migration: Migration, dependency: Dependency, history: History) -> Finding:
    app = dependency.key[0] if dependency.key else ""
    place = RULE.code, migration.path, dependency.line
    why = (
        f"{app}.__latest__ means a different migration each time {app} gets one: databases that have applied this "
        "file then stop with InconsistentMigrationHistory."
    )
    whole = history if history.app(app) else history.whole
    leaves = whole.leaves(app)
    key = newest(migration, app, whole) or leaves[0] if len(leaves) == 1 else None  # MIG201 handles cycles
    if key is None:
        named = ", ".join(name for _, name in leaves)
        reason = f"{app} has several leaves ({named}): merge them first" if leaves else f"Name the migration of {app}"
        return Refusal(*place, why, f"{reason}; migfix can't determine which one this file needs.")
    edit = Replace(migration.path, ("dependencies", dependency.index), dependency_code(key, migration.source))
    return Rewrite(*place, why, f"changes the dependency to {'.'.join(key)}, which it means today.", (edit,))


def _added(migration: Migration, deployed: Migration, history: History) -> Iterator[Finding]:
    """Report dependencies that were added since the file was deployed, unless its earlier dependencies include them."""
    whole = history.whole
    before = {each.key for each in whole.with_migrations([deployed]).before(deployed)}
    lost = {each.key[0] for each in deployed.dependencies if each.key and whole.resolve(each) is None}
    was = {each.code for each in deployed.dependencies}
    if any(not history.app(label) and not whole.app(label) for label in lost):
        return  # what a removed app depended on takes its place
    for each in migration.dependencies:
        key = whole.resolve(each)
        are_applied = [{migration.key, key} <= applied for applied in history.facts.applied.values()]
        if each.code in was or key is None or (are_applied and all(are_applied)):
            continue
        if key in before or key[0] in lost:  # MIG205 handles what replaces those
            continue
        target = whole.migration(key)
        if target and any(needed.key in target.replaces for needed in deployed.dependencies):
            continue  # it has another name now
        named = ".".join(key)
        yield Refusal(
            RULE.code,
            migration.path,
            each.line,
            f"the dependency on {named} was added to a migration that is on the default branch.",
            f"Remove it and put it into a new migration: a database that has applied this file but not {named} "
            "stops every migrate with InconsistentMigrationHistory. If every database has applied both, list them in "
            "`databases` in [tool.migfix], or accept the finding with `# migfix: ignore-file[MIG206]`.",
        )
