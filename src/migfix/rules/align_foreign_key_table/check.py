"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.findings.words import listed
from migfix.history import History
from migfix.history.state import State
from migfix.rows.functions.data_step import step_edits
from migfix.rules.align_foreign_key_table import RULE
from migfix.rules.align_foreign_key_table.differences import Difference, Kind, differences
from migfix.rules.align_foreign_key_table.functions import function_for
from migfix.rules.align_foreign_key_table.key_lengths import too_long
from migfix.rules.align_foreign_key_table.new_keys import new_keys
from migfix.source.formatting import free_name
from migfix.source.migration import Migration

_ERROR = "MySQL and MariaDB refuse the key (errors 1215, 1005, 3780)"


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Bring the tables in line that new keys point at, in each database that hasn't applied the migration."""
    for migration in migrations:
        seen: set[tuple[str, str, Kind]] = set()
        for alias, server in history.facts.servers.items():
            applied = history.facts.applied[alias]
            if migration.key in applied:
                continue
            yield from too_long(migration, alias, server, history)
            state = history.state_at_end([key for key in applied if history.migration(key)])
            for key in new_keys(migration, history):
                for each in differences(key, server):
                    column = "" if each.kind is Kind.engine else each.column
                    place = key.target.table, column, each.kind
                    if place not in seen and _is_settled(each, state) and not _is_aligned(migration, each):
                        seen.add(place)
                        yield _finding(migration, alias, each)


def _is_settled(each: Difference, state: State | None) -> bool:
    """Whether no migration that is still to run changes the column itself."""
    model = state.models.get(each.key.target.key) if state else None
    return model is not None and model.fields.get(each.key.field.name) == each.key.field


def _is_aligned(migration: Migration, each: Difference) -> bool:
    """Whether an earlier step of the file changes the table."""
    return any(f"ALTER TABLE `{each.key.target.table}`" in function.code for function in migration.functions.values())


def _finding(migration: Migration, alias: str, each: Difference) -> Finding:
    place, table = (RULE.code, migration.path, each.key.op.line), each.key.target.table
    size = f"{table} has about {each.layout.rows} rows ({each.layout.bytes // 1024 + 1} KB), which MySQL copies"
    why = {
        Kind.engine: f"{table} uses the storage engine {each.real} in {alias}: {_ERROR}.",
        Kind.type: f"{table}.{each.column} is {each.real} in {alias}, and the key to it is {each.needed}: {_ERROR}.",
        Kind.collation: f"{table}.{each.column} has the collation {each.real} in {alias}, and the key to it "
        f"{each.needed}: {_ERROR}.",
    }[each.kind]
    if not each.is_safe:
        return Refusal(*place, why, _next_step(each))
    verb = f"use_innodb_for_{table}" if each.kind is Kind.engine else f"align_{table}_{each.column}"
    name = free_name(verb.lower(), migration.bound)
    edits = step_edits(migration, each.key.index, name, function_for(name, each), is_atomic=False)
    wrote = f"brings the table in line before the key comes, where it isn't; {size}. Going back leaves it so."
    return Rewrite(*place, why, wrote, tuple(edits))


def _next_step(each: Difference) -> str:
    """What a person must do."""
    if each.references:
        others = listed(list(each.references))
        return (
            f"These columns point at it and must change with it: {others}. Drop their constraints, change all of these "
            "columns, and add the constraints again."
        )
    if each.has_more:
        return (
            "The column has a default or a comment, which the statement must repeat: change it by hand, "
            f"ALTER TABLE {each.key.target.table} MODIFY {each.column} …"
        )
    return f"Make the model say what is there ({each.real}), or change the column by hand."
