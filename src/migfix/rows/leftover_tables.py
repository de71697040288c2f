"""What must be undone by hand if the original migration was run already, or tried."""

from __future__ import annotations

from migfix.findings.finding import Advice
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import created_model
from migfix.history.state import State
from migfix.source.migration import Literal, Migration, Operation


def before_migrating(migration: Migration, index: int, history: History) -> tuple[Advice, ...]:
    """Advice for databases on which the original migration ran, or failed at operation ``index``."""
    name = f"{migration.app}.{migration.name}"
    parents = [each for app, each in history.own_parents(migration) if app == migration.app]
    back = f"go back first: python manage.py migrate {migration.app} {parents[0] if parents else 'zero'}"
    advice = [Advice(f"the original {name} already ran", back, applied=migration.key)]
    left = left_behind(migration, index, history)
    if left and history.facts.may_run_on("mysql", "mariadb"):
        statements = "".join(f"\n    {each}" for each in left)
        tables = tuple(part for each in left if each.startswith("DROP") for part in each.split("`")[1:2])
        advice.append(
            Advice(
                f"a first attempt at {name} failed on MySQL or MariaDB",
                f"drop what it left behind:{statements}",
                migration.key,
                tables,
                migration.operations[index].line,
            )
        )
    return tuple(advice)


def left_behind(migration: Migration, index: int, history: History) -> list[str]:
    """SQL statements that undo the operations before the failing one, last first. MySQL can't roll back DDL."""
    undo: list[str] = []
    state = None
    for op in migration.operations[:index]:
        if op.kind == "CreateModel":
            model = created_model(migration, op)
            many = [
                each for each in model.fields.values() if each.kind == "ManyToManyField" and each.get("through") is None
            ]
            undo += [
                f"DROP TABLE `{table}`;" for table in (model.table, *(link_table(model.table, each) for each in many))
            ]
        elif op.kind == "AddField":
            state = state or history.state_before(migration, index)
            undo.append(_drop_field(op, state, migration.app))
    return undo[::-1]


def _drop_field(op: Operation, state: State, app: str) -> str:
    model, field = state.models.get((app, op.model)), field_of(op)
    table = model.table if model else f"{app}_{op.model}"
    if field.kind == "ManyToManyField":
        return f"DROP TABLE `{link_table(table, field)}`;"
    key = f" DROP FOREIGN KEY (its constraint on `{field.column}`)," if field.is_key else ""
    return f"ALTER TABLE `{table}`{key} DROP COLUMN `{field.column}`;"


def link_table(table: str, field: Field) -> str:
    """The link table of a field, named as in ManyToManyField._get_m2m_db_table, but not shortened to 64 characters."""
    db_table = field.get("db_table")
    return str(db_table.value) if isinstance(db_table, Literal) else f"{table}_{field.name}"
