"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.dependencies import dependency_edit
from migfix.rules.create_extension_first import RULE
from migfix.rules.create_extension_first.extension import OPERATIONS, creates, creating
from migfix.rules.create_extension_first.needs import Need, needs
from migfix.source.edits import AddImport, Insert, Move
from migfix.source.migration import Migration, Operation
from migfix.source.names import spelling

_USES = ("trgm_ops", "HStoreField", "CICharField", "CIEmailField", "CITextField", "Index", "Exclusion", "pgvector")


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Create each extension before the first operation that needs it."""
    for migration in migrations:
        seen: set[str] = set()
        for index, op, state in history.states(migration):
            for need in needs(migration, op, state.models.get((migration.app, op.model))):
                if need.extension not in seen and not _is_there(migration, index, need, history):
                    yield _finding(migration, index, op, need, history)
                seen.add(need.extension)


def _is_there(migration: Migration, index: int, need: Need, history: History) -> bool:
    """Whether the extension is created before operation ``index``, or used by an earlier migration."""
    if any(creates(migration, op, need.extension) for op in migration.operations[:index]):
        return True
    made = creating(need.extension, history)
    if any(each.key != migration.key and history.runs_before(each.key, migration) for each in made):
        return True
    return any(_uses(each, need.extension, history) for each in _earlier_users(migration, history))


def _earlier_users(migration: Migration, history: History) -> Iterator[Migration]:
    """The migrations before this one that may use an extension. The databases have it then, from whatever made it."""
    for each in {each.key: each for text in _USES for each in history.mentioning(text)}.values():
        if each.key != migration.key and history.runs_before(each.key, migration):
            yield each


def _uses(migration: Migration, extension: str, history: History) -> bool:
    return any(
        need.extension == extension
        for _, op, state in history.states(migration)
        for need in needs(migration, op, state.models.get((migration.app, op.model)))
    )


def _finding(migration: Migration, index: int, op: Operation, need: Need, history: History) -> Finding:
    place = RULE.code, migration.path, op.line
    module, name = OPERATIONS[need.extension]
    why = f"{need.what} the extension {need.extension}, which nothing creates before it: it fails on PostgreSQL."
    for later, other in enumerate(migration.operations):
        if later > index and creates(migration, other, need.extension):
            wrote = f"moves the operation that creates it, on line {other.line}, before this one."
            return Rewrite(*place, why, wrote, (Move(migration.path, ("operations", later), index),))
    for each in creating(need.extension, history):
        if each.key == migration.key:
            continue
        named = ".".join(each.key)
        if history.runs_before(migration.key, each):
            next_step = f"Create it before this migration: {named} does so only later."
            return Refusal(*place, why, next_step)
        wrote = f"adds the dependency on {named}, which creates it."
        return Rewrite(*place, why, wrote, (dependency_edit(migration, each.key),))
    used = spelling(migration.imports, f"{module}.{name}")
    edits = [Insert(migration.path, ("operations", 0), f"{used or name}()")]
    imports = [] if used else [AddImport(migration.path, module, name)]
    wrote = f"creates it first, with {name}(), which does nothing where it exists. Going back removes the extension."
    return Rewrite(*place, why, wrote, (*edits, *imports))
