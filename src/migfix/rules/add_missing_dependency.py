"""A migration uses a model of another app, and no dependency makes sure that the model is there by then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.edits import Edit
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.history.missing import Missing
    from migfix.model import Migration

CODE = "MIG203"
LABEL = rb"""["'](\w+)\.\w+["']"""
LOOKED_UP = (b"get_model", b"settings.")


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Depend on the newest migration of that app which has the model and doesn't come after this one."""
    mended: set[tuple[str, str, str]] = set()
    for migration in migrations:
        if not _may_use_others(migration):
            continue
        from migfix.history.missing import missing

        for each in missing(migration, history):
            before = {other.key for other in history.before(migration)} if mended else set()
            if not any((app, name) in before and needed == each.app for app, name, needed in mended):
                mended.add((*migration.key, each.app))
                yield _finding(migration, each, history)


def _may_use_others(migration: Migration) -> bool:
    """The cheap question, which most files answer with no."""
    labels = set(re.findall(LABEL, migration.source))
    return bool(labels - {migration.app.encode()}) or any(word in migration.source for word in LOOKED_UP)


def _finding(migration: Migration, missing: Missing, history: History) -> Finding:
    from migfix.circle.cut import NoCut
    from migfix.circle.leaving import CannotLeave
    from migfix.findings import Refusal, Rewrite
    from migfix.history.graph import way

    why = f"{missing.labels} is used here, and no dependency makes sure that it is there by then."
    place = CODE, migration.path, missing.uses[0].line
    if history.why_deployed(migration):
        return Refusal(*place, why, _applied(missing))
    try:
        wrote, edits = _edits(migration, missing, history)
    except (NoCut, CannotLeave) as reason:
        circle = [migration.key, *way(missing.later or migration.key, migration.key, history)]
        why += f" That closes a circle: {' -> '.join(map('.'.join, circle))}, and {reason}."
        return Refusal(*place, why, "Use it in a later migration of this app, or let the two do without each other.")
    if not edits:
        fact = "migfix can't see that app's migrations, or what they wait for."
        return Refusal(*place, why, f"{fact} Add the dependency on the one that makes the model.")
    return Rewrite(*place, why, wrote, tuple(edits))


def _edits(migration: Migration, missing: Missing, history: History) -> tuple[str, list[Edit]]:
    """What to write and what to say; nothing where the app can't be seen. Raises NoCut and CannotLeave."""
    from migfix.circle.closing import opened
    from migfix.edits import Insert
    from migfix.history.needed import later_dependency_edit
    from migfix.source.names import spelling

    if missing.setting:
        call = spelling(migration.imports, "django.db.migrations.swappable_dependency")
        setting = spelling(migration.imports, f"django.conf.settings.{missing.setting}")
        code = f"{call or 'migrations.swappable_dependency'}({setting or f'settings.{missing.setting}'})"
        return f"Depends on it by {code}.", [
            Insert(migration.path, ("dependencies", len(migration.dependencies)), code)
        ]
    if missing.provider:
        wrote = f"Depends on {'.'.join(missing.provider)}, the newest migration of {missing.app} that has it."
        return wrote, [later_dependency_edit(migration, missing.provider, history)]
    if missing.later:
        wrote = f"What needs {'.'.join(missing.later)}, which comes after this migration, went to a follow-up of both."
        return wrote, opened(migration, missing.later, history)
    return "", []


def _applied(missing: Missing) -> str:
    needed = ".".join(missing.provider or missing.later or (missing.app, "…"))
    return (
        "It is on the default branch, so databases may have applied it: where they haven't applied "
        f"{missing.setting or needed}, a dependency that is added now stops every migrate with "
        "InconsistentMigrationHistory. Add it by hand once both are applied everywhere, with the comment "
        "`# migfix: ignore-file[MIG206]`."
    )


RULE = Rule(
    code=CODE,
    name="add-missing-dependency",
    why="Without a dependency chance decides which of two apps comes first, and a new database may get it wrong.",
    check=check,
    order=11,
    is_for_deployed=True,
)
