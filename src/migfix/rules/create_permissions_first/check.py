"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.dependencies import CONTRIB, dependency_edit, is_guaranteed, newest
from migfix.rows.functions.data_step import step_edits
from migfix.rules.create_permissions_first import RULE
from migfix.rules.create_permissions_first.function import (
    CONTENT_TYPES,
    PERMISSIONS,
    SITE,
    Maker,
    creation_code,
    site_code,
)
from migfix.rules.create_permissions_first.lookups import DataStep, lookups_of, unknown_apps
from migfix.source.edits import AddImport, Edit
from migfix.source.formatting import free_name
from migfix.source.migration import Migration


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Create the rows right before the operation, as ``post_migrate`` would, and add the dependencies needed."""
    for migration in migrations:
        yield from _check(migration, history)


def _check(migration: Migration, history: History) -> Iterator[Finding]:
    step = next(iter(lookups_of(migration, history)), None)
    if step is None:
        return
    if step.needs_site:
        yield _site(migration, step, history)
        return
    state = history.state_before(migration, step.index)
    labels = step.labels(state)
    maker = PERMISSIONS if step.needs_permissions else CONTENT_TYPES
    why = f"{step.function}() looks up {maker.what}, which a new database only gets after its last migration."
    if unknown := unknown_apps(labels, state, history):
        which = f"migfix can't create those of {' and '.join(unknown)}: it finds no such app"
        ways_out = "Catch DoesNotExist where they are looked up, or install the app where migfix can read it."
        yield Refusal(RULE.code, migration.path, step.lookups[0].line, f"{why[:-1]}, and {which}.", ways_out)
        return
    name, edits = _function_edits(migration, step, labels, maker)
    needed, added = _dependencies(migration, step, labels, maker, history)
    comes = f", and adds a dependency on {', '.join(added)}" if added else ""
    yield Rewrite(
        RULE.code,
        migration.path,
        step.lookups[0].line,
        why,
        f"{name}() creates those of {' and '.join(labels) or 'all apps'} right before it{comes}.",
        (*edits, *needed),
    )


def _site(migration: Migration, step: DataStep, history: History) -> Rewrite:
    why = f"{step.function}() looks up the site, which a new database only gets after its last migration."
    name = free_name("create_site", migration.bound)
    edits = step_edits(migration, step.index, name, site_code(name))
    needed, added = _dependencies(migration, step, (), SITE, history)
    comes = f", and adds a dependency on {', '.join(added)}" if added else ""
    wrote = f"{name}() creates it right before it{comes}."
    imported = AddImport(migration.path, "django.contrib.sites.management", SITE.function)
    return Rewrite(RULE.code, migration.path, step.lookups[0].line, why, wrote, (*edits, imported, *needed))


def _function_edits(
    migration: Migration, step: DataStep, labels: tuple[str, ...], maker: Maker
) -> tuple[str, list[Edit]]:
    name = free_name(maker.name(labels), migration.bound)
    edits = step_edits(migration, step.index, name, creation_code(name, maker, labels))
    return name, [*edits, AddImport(migration.path, f"django.contrib.{maker.package}.management", maker.function)]


def _dependencies(
    migration: Migration, step: DataStep, labels: tuple[str, ...], maker: Maker, history: History
) -> tuple[list[Edit], list[str]]:
    state = history.state_before(migration, step.index)
    needed = [(maker.package, CONTRIB[maker.package])]
    missing = [label for label in labels if not any(app == label for app, _ in state.models)]
    needed += [key for label in missing if label != maker.package and (key := newest(migration, label, history))]
    keys = [key for key in dict.fromkeys(needed) if not is_guaranteed(migration, key, history)]
    return [dependency_edit(migration, key) for key in keys], [".".join(key) for key in keys]
