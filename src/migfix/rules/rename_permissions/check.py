"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.tables import may_have_rows
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.findings.words import listed
from migfix.history import History
from migfix.history.model import Model
from migfix.rows.functions.data_step import step_edits
from migfix.rules.rename_permissions import RULE
from migfix.rules.rename_permissions.functions import both_ways, helper
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
    """Rename the permissions right after the models, if the project has Django's users and groups."""
    for migration in migrations:
        version = migration.django or history.facts.django
        if (version and version >= SINCE) or not _has_auth(migration, history) or _is_done(migration):
            continue
        renames = [each for each in _renames(migration, history) if each.actions]
        for each in renames:
            if heir := _heir(migration, each, history):
                yield _refusal(migration, each, heir)
        if found := [each for each in renames if not _heir(migration, each, history)]:
            yield _rewrite(migration, found)


@dataclass(frozen=True)
class Rename:
    """A RenameModel of a model that may have permissions."""

    index: int
    op: Operation
    model: Model
    actions: tuple[str, ...]
    """The first words of the codenames."""

    @property
    def names(self) -> tuple[str, str]:
        return self.op.text("old_name"), self.op.text("new_name")


def _renames(migration: Migration, history: History) -> Iterator[Rename]:
    end = history.state_after(migration)
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind == "RenameModel" else None
        old, new = op.text("old_name"), op.text("new_name")
        is_other = old.lower() != new.lower()
        if model is not None and is_other and (may_have_rows(model, migration) or _is_proxy(model)):
            after = end.models.get((migration.app, new.lower()))
            yield Rename(index, op, model, tuple(actions(model, after, old, new)))


def _heir(migration: Migration, each: Rename, history: History) -> Model | None:
    """A model with the renamed one as its base. Django leaves the old name there, and can't load the models then."""
    models = history.state_before(migration, each.index).models.values()
    return next((model for model in models if each.model.key in model.parents(history.facts)), None)


def _refusal(migration: Migration, each: Rename, heir: Model) -> Refusal:
    why = f"groups and users lose their permissions for {each.model.label}, whose codenames keep the old name; "
    why += f"{heir.label} inherits from it, and Django can't load the models after the RenameModel."
    next_step = "Rename them by hand in each database, or accept this with "
    return Refusal(RULE.code, migration.path, each.op.line, why, f"{next_step}`# migfix: ignore[MIG118]`.")


def _is_proxy(model: Model) -> bool:
    """Proxies have permissions of their own."""
    return model.options.get("proxy") == Literal(True)


def _has_auth(migration: Migration, history: History) -> bool:
    """Whether Django's permissions are known to be there."""
    if history.installs(AUTH):
        return True
    own = history.app(migration.app).values()
    if any(b"AUTH_USER_MODEL" in each.source for each in own):
        return True
    return any(each.key and each.key[0] == "auth" for other in own for each in other.dependencies)


def _is_done(migration: Migration) -> bool:
    """Whether a step of the file looks at permissions itself."""
    codes = (op.arguments.get("code") for op in migration.operations)
    return any(code is not None and _PERMISSION in models_named(migration, code) for code in codes)


def _rewrite(migration: Migration, renames: list[Rename]) -> Rewrite:
    taken, edits = set(migration.bound), list[Edit]()
    callers = list[tuple[str, str]]()
    helpers: dict[tuple[str, ...], str] = {}
    for each in renames:
        written = list[str]()
        if each.actions not in helpers:
            helpers[each.actions] = _free("rename_permissions", taken)
            written.append(helper(helpers[each.actions], migration.app, each.actions))
        stem = snake(each.names[0])
        names = _free(f"rename_{stem}_permissions", taken), _free(f"restore_{stem}_permissions", taken)
        written += both_ways(names, helpers[each.actions], *each.names)
        edits += step_edits(migration, each.index + 1, names[0], *written, reverse=names[1])
        callers.append(names)
    edits.append(AddImport(migration.path, "django.db", "router"))
    if not any(each.key and each.key[0] == "auth" for each in migration.dependencies):
        code = with_quotes(f"({literal('auth')}, {literal('0001_initial')})", quote_of(migration.source))
        edits.append(Insert(migration.path, ("dependencies", len(migration.dependencies)), code))
    is_one = len(renames) == 1
    labels = listed([each.model.label for each in renames])
    kept = "the old name" if is_one else "the old names"
    why = f"groups and users lose their permissions for {labels}, whose codenames keep {kept}."
    wrote = (
        f"{callers[0][0]}() renames them in a RunPython after the RenameModel, and {callers[0][1]}() when going back."
    )
    if not is_one:
        wrote = "renames them in a RunPython after each RenameModel, and back when going back."
    return Rewrite(RULE.code, migration.path, renames[0].op.line, why, wrote, tuple(edits))


def _free(text: str, taken: set[str]) -> str:
    name = free_name(text, taken)
    taken.add(name)
    return name
