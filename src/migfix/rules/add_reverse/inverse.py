"""The true inverse of one SQL statement, if it has one."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

_KEYS = (exp.ForeignKey, exp.Reference, exp.PrimaryKey)
_DROPPED_BY_NAME = ("TABLE", "VIEW", "SEQUENCE", "SCHEMA", "TYPE")


def inverse_of(statement: exp.Expression, dialect: str) -> tuple[str, ...] | None:
    """The statements that undo ``statement``, in the order of what they undo; None if it has no true inverse.

    Statements with ``IF NOT EXISTS`` or ``OR REPLACE`` have none, because the object may have existed before.
    """
    if isinstance(statement, exp.Create) and not statement.args.get("exists") and not statement.args.get("replace"):
        drop = _drop(statement, dialect)
        return (drop,) if drop else None
    is_plain = (
        isinstance(statement, exp.Alter) and not statement.args.get("exists") and not statement.args.get("options")
    )
    if is_plain and isinstance(statement, exp.Alter):
        renames = [
            each for each in statement.args.get("actions") or () if isinstance(each, exp.RenameColumn | exp.AlterRename)
        ]
        if len(renames) > 1:
            return None  # the renames happen at once; undone one by one, they can conflict
        undone = list(_undone(statement, dialect))
        return tuple(each for each in undone if each) if undone and all(undone) else None
    return None


def _drop(create: exp.Create, dialect: str) -> str | None:
    kind = str(create.args.get("kind") or "").upper()
    properties = create.args.get("properties")
    if properties is not None and properties.find(exp.TemporaryProperty):
        return None  # it is gone with its connection; a permanent one with that name must not be dropped
    if kind == "INDEX":
        return _drop_index(create, dialect)
    if kind == "TRIGGER":
        return _drop_trigger(create, dialect)
    if kind == "FUNCTION":
        return _drop_function(create, dialect)
    if kind not in _DROPPED_BY_NAME:
        return None
    if properties is not None and properties.find(exp.MaterializedProperty):
        kind = "MATERIALIZED VIEW"
    name = create.this.this if isinstance(create.this, exp.Schema) else create.this
    text = _sql(name, dialect) if isinstance(name, exp.Table) else ""
    return f"DROP {kind} {text}" if text else None


def _drop_index(create: exp.Create, dialect: str) -> str | None:
    """``DROP INDEX i``: in the schema of its table on PostgreSQL, ``ON t`` on MySQL and MariaDB."""
    index = create.this
    table = index.args.get("table") if isinstance(index, exp.Index) else None
    params = index.args.get("params") if isinstance(index, exp.Index) else None
    if table is None or index.this is None or (params is not None and params.args.get("on")):
        return None  # no name, or `schema.name`, which sqlglot reads as something else
    name = _sql(index.this, dialect)
    if dialect == "mysql":
        return f"DROP INDEX {name} ON {_sql(table, dialect)}"
    schema = table.args.get("db")
    qualified = f"{_sql(schema, dialect)}.{name}" if schema is not None else name
    concurrently = " CONCURRENTLY" if create.args.get("concurrently") else ""
    return f"DROP INDEX{concurrently} {qualified}"


def _drop_trigger(create: exp.Create, dialect: str) -> str | None:
    table = create.find(exp.Table)
    if table is None or not isinstance(create.this, exp.Identifier):
        return None
    name = _sql(create.this, dialect)
    return f"DROP TRIGGER {name} ON {_sql(table, dialect)}" if dialect == "postgres" else f"DROP TRIGGER {name}"


def _drop_function(create: exp.Create, dialect: str) -> str | None:
    function = create.this
    if (
        dialect != "postgres"
        or not isinstance(function, exp.UserDefinedFunction)
        or any(e.args.get("constraints") for e in function.expressions)
    ):
        return None
    return f"DROP FUNCTION {_sql(function, dialect)}"


def _undone(alter: exp.Alter, dialect: str) -> Iterator[str | None]:
    """The inverse of each action of an ALTER, None for one that has none."""
    kind = alter.args.get("kind")
    name = _sql(alter.this, dialect)
    for action in alter.args.get("actions") or []:
        match action:
            case exp.ColumnDef() | exp.AddConstraint() if dialect == "mysql" and action.find(*_KEYS):
                yield None  # the constraint and its index would have to be dropped first
            case exp.ColumnDef() if kind == "TABLE" and not action.args.get("exists"):
                yield f"ALTER TABLE {name} DROP COLUMN {_sql(action.this, dialect)}"
            case exp.AddConstraint(expressions=[exp.Constraint() as constraint]) if kind == "TABLE":
                yield f"ALTER TABLE {name} DROP CONSTRAINT {_sql(constraint.this, dialect)}"
            case exp.RenameColumn() if kind == "TABLE" and not action.args.get("exists"):
                new, old = _sql(action.args["to"], dialect), _sql(action.this, dialect)
                yield f"ALTER TABLE {name} RENAME COLUMN {new} TO {old}"
            case exp.AlterRename() if isinstance(action.this, exp.Table) and isinstance(alter.this, exp.Table):
                renamed = alter.this.copy()
                renamed.set("this", action.this.this.copy())
                yield f"ALTER {kind} {_sql(renamed, dialect)} RENAME TO {_sql(alter.this.this, dialect)}"
            case _:
                yield None


def _sql(node: exp.Expression, dialect: str) -> str:
    return node.sql(dialect=dialect, comments=False)
