"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.tables import may_have_rows
from migfix.findings.finding import Finding, Rewrite
from migfix.history import History
from migfix.history.model import Model
from migfix.rows.functions.data_step import step_edits
from migfix.rules.rename_permissions import RULE
from migfix.rules.rename_permissions.functions import functions
from migfix.rules.rename_permissions.permissions import actions
from migfix.source.data_functions.lookups import models_named
from migfix.source.edits import AddImport, Edit, Insert
from migfix.source.formatting import free_name, literal, quote_of, snake, with_quotes
from migfix.source.migration import Literal, Migration, Operation

AUTH = "django.contrib.auth"
SINCE = (6, 1)
"""The version of Django that renames permissions itself."""
_PERMISSION = ("auth", "permission")


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Rename the permissions right after the model, if the project has Django's users and groups."""
    for migration in migrations:
        version = migration.django or history.facts.django
        if (version and version >= SINCE) or not _has_auth(migration, history) or _is_done(migration):
            continue
        taken = set(migration.bound)
        for index, op, state in history.states(migration):
            model = state.models.get((migration.app, op.model)) if op.kind == "RenameModel" else None
            is_other = op.text("old_name").lower() != op.text("new_name").lower()
            if model is not None and is_other and (may_have_rows(model, migration) or _is_proxy(model)):
                yield _rewrite(migration, index, op, model, taken, history)


def _is_proxy(model: Model) -> bool:
    """Proxies have permissions of their own."""
    return model.options.get("proxy") == Literal(True)


def _has_auth(migration: Migration, history: History) -> bool:
    """Whether Django's permissions are known to be there."""
    if history.installs(AUTH):
        return True
    return any(
        each.key and each.key[0] == "auth"
        for other in history.app(migration.app).values()
        for each in other.dependencies
    )


def _is_done(migration: Migration) -> bool:
    """Whether a step of the file looks at permissions itself."""
    codes = (op.arguments.get("code") for op in migration.operations)
    return any(code is not None and _PERMISSION in models_named(migration, code) for code in codes)


def _rewrite(
    migration: Migration, index: int, op: Operation, model: Model, taken: set[str], history: History
) -> Rewrite:
    old, new = op.text("old_name"), op.text("new_name")
    after = history.state_after(migration).models.get((migration.app, new.lower()))
    names = []
    for text in ("rename_permissions", f"rename_{snake(old)}_permissions", f"restore_{snake(old)}_permissions"):
        names.append(free_name(text, taken))
        taken.add(names[-1])
    written = functions((names[0], names[1], names[2]), migration.app, old, new, actions(model, after, old, new))
    edits: list[Edit] = step_edits(migration, index + 1, names[1], *written, reverse=names[2])
    edits.append(AddImport(migration.path, "django.db", "router"))
    if not any(each.key and each.key[0] == "auth" for each in migration.dependencies):
        code = with_quotes(f"({literal('auth')}, {literal('0001_initial')})", quote_of(migration.source))
        edits.append(Insert(migration.path, ("dependencies", len(migration.dependencies)), code))
    why = f"groups and users lose their permissions for {model.label}, whose codenames keep the old name."
    wrote = f"{names[1]}() renames them in a RunPython after the RenameModel, and {names[2]}() when going back."
    return Rewrite(RULE.code, migration.path, op.line, why, wrote, tuple(edits))
