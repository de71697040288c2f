"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.cycles import way
from migfix.history.dependencies import later_dependency_edit
from migfix.rules.add_missing_dependency import RULE
from migfix.rules.add_missing_dependency.cycle import opened
from migfix.rules.add_missing_dependency.missing import Missing, missing
from migfix.source.edits import Edit, Insert
from migfix.source.migration import Migration
from migfix.source.names import spelling
from migfix.splitting.cut import NoCut
from migfix.splitting.leaving_fields import CannotLeave


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Add a dependency on the newest migration of the app that has the model and doesn't run after this one."""
    mended: set[tuple[str, str, str]] = set()
    for migration in migrations:
        for each in missing(migration, history):
            if not any(
                needed == each.app and history.runs_before((app, name), migration) for app, name, needed in mended
            ):
                mended.add((*migration.key, each.app))
                yield _finding(migration, each, history)


def _finding(migration: Migration, missing: Missing, history: History) -> Finding:
    why = f"{missing.labels} is used here, but no dependency guarantees that it exists by then."
    place = RULE.code, migration.path, missing.uses[0].line
    if history.why_deployed(migration):
        return Refusal(*place, why, _applied(missing))
    try:
        wrote, edits = _edits(migration, missing, history)
    except (NoCut, CannotLeave) as reason:
        cycle = [migration.key, *way(missing.later or migration.key, migration.key, history)]
        why += f" Adding it would close a cycle: {' -> '.join(map('.'.join, cycle))}, and {reason}."
        return Refusal(*place, why, "Use it in a later migration of this app, or remove one of the two dependencies.")
    if not edits:
        fact = "migfix can't see that app's migrations, or what they depend on."
        return Refusal(*place, why, f"{fact} Add the dependency on the one that creates the model.")
    return Rewrite(*place, why, wrote, tuple(edits))


def _edits(migration: Migration, missing: Missing, history: History) -> tuple[str, list[Edit]]:
    """A description of the change, and its edits; empty if the app isn't found. Raises NoCut and CannotLeave."""
    if missing.setting:
        call = spelling(migration.imports, "django.db.migrations.swappable_dependency")
        setting = spelling(migration.imports, f"django.conf.settings.{missing.setting}")
        code = f"{call or 'migrations.swappable_dependency'}({setting or f'settings.{missing.setting}'})"
        return f"adds the dependency {code}.", [
            Insert(migration.path, ("dependencies", len(migration.dependencies)), code)
        ]
    if missing.provider:
        wrote = f"adds a dependency on {'.'.join(missing.provider)}, the newest {missing.app} migration that has it."
        return wrote, [later_dependency_edit(migration, missing.provider, history)]
    if missing.later:
        wrote = f"moves what needs {'.'.join(missing.later)}, which runs after this migration, to a follow-up of both."
        return wrote, opened(migration, missing.later, history)
    return "", []


def _applied(missing: Missing) -> str:
    needed = ".".join(missing.provider or missing.later or (missing.app, "…"))
    return (
        f"This migration is deployed. In a database that has applied it but not {missing.setting or needed}, a new "
        "dependency stops every migrate with InconsistentMigrationHistory. Add the dependency by hand once both are "
        "applied everywhere, with the comment `# migfix: ignore-file[MIG206]`."
    )
