"""The rows of ``django_migrations`` compared with the files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from migfix.commands.doctor.drift import Drift
from migfix.commands.doctor.edited_files import before_edit
from migfix.findings.words import listed
from migfix.history import History
from migfix.source.migration import Key, Migration


def out_of_order(applied: frozenset[Key], apps: frozenset[str], history: History) -> Iterator[Drift]:
    """The migrations that are applied although one that they depend on isn't: Django stops every migrate."""
    for key in sorted(applied):
        migration = history.migration(key)
        if migration is None or key[0] not in apps:
            continue
        for parent in history.parents(migration):
            if parent in applied or _is_replaced(parent, applied, history):
                continue
            named = ".".join(parent)
            what = f"{'.'.join(key)} is applied before {named}, which it depends on: every migrate stops."
            commit = before_edit(migration, partial(_is_free_of, parent))
            added = f"the dependency on {named} was added later"
            first = f"{added[0].upper()}{added[1:]}: commit {commit} doesn't have it. M" if commit else f"If {added}, m"
            next_step = (
                f"{first}ove it to a new migration. If the tables of {named} "
                f"are there, record it: INSERT INTO django_migrations (app, name, applied) VALUES ('{parent[0]}', "
                f"'{parent[1]}', CURRENT_TIMESTAMP);"
            )
            yield Drift("inconsistent-history", what, next_step, *key)


def applied_in_part(applied: frozenset[Key], apps: frozenset[str], history: History) -> Iterator[Drift]:
    """The squashed migrations that Django leaves out: a part of what they replace is applied, and the rest is gone."""
    for app in sorted(apps):
        for migration in history.app(app).values():
            left = [key for key in migration.replaces if key not in applied]
            is_part = migration.key not in applied and 0 < len(left) < len(migration.replaces)
            if gone := [".".join(key) for key in left if not history.migration(key)] if is_part else []:
                name = ".".join(migration.key)
                what = (
                    f"{name} replaces migrations that are applied in part, and the files of the others are gone: "
                    f"{listed(gone)}. Django leaves the squashed migration out, and the rest never runs."
                )
                next_step = "Bring the replaced files back from git, migrate, and delete them again."
                yield Drift("inconsistent-history", what, next_step, *migration.key)


def conflicting(apps: frozenset[str], history: History) -> Iterator[Drift]:
    """The apps with more than one leaf: Django stops every migrate."""
    for app in sorted(apps):
        leaves = sorted(name for _, name in history.leaves(app))
        if len(leaves) > 1:
            what = f"{app} has {len(leaves)} leaves, {listed(leaves)}: every migrate stops."
            next_step = "Let migfix put one after the other, or merge them: migfix check, or makemigrations --merge."
            yield Drift("conflicting-migrations", what, next_step, app, leaves[-1])


def _is_free_of(parent: Key, older: Migration) -> bool:
    return all(each.key != parent for each in older.dependencies)


def _is_replaced(key: Key, applied: frozenset[Key], history: History) -> bool:
    """Whether all migrations that a squashed one replaces are applied, which counts as applied."""
    migration = history.migration(key)
    return bool(migration and migration.replaces and set(migration.replaces) <= applied)
