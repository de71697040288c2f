"""What a table has, as single facets: those that models ask for, and those that a database has.

A facet is its kind, the table, and the rest. ``("table", t)``, ``("column", t, c)``, ``("null", t, c, "NULL")``,
``("type", t, c, "int")``, ``("unique", t, "a,b")``, ``("key", t, c)``: a foreign key, ``("index", t, "a,b")``,
``("primary", t, "a,b")``, ``("default", t, c)``: one that the
database has, ``("first", t, c)``: an index that begins with a column, ``("constraint", t, name)``,
``("named-index", t, name)``.
Automatic names aren't compared: Django keeps the old ones when a table is renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations
from typing import Any

from django.db import router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import NOT_PROVIDED, BaseConstraint, Field, Index, Model, UniqueConstraint

from migfix.repair.column_types import listed_types, one_spelling

Facet = tuple[str, ...]


def is_here(connection: BaseDatabaseWrapper, model: type[Model]) -> bool:
    """Whether a model has its own table in a database, as the router decides it.

    A table in another schema, ``db_table = '"other"."post"'``, isn't compared: introspection doesn't list it.
    """
    is_own = model._meta.can_migrate(connection) and '"."' not in model._meta.db_table
    return bool(is_own) and router.allow_migrate_model(connection.alias, model)


def table_of(model: type[Model]) -> str:
    """The table of a model, in lower case. ``db_table`` may hold quotes."""
    return str(model._meta.db_table).strip('"').lower()


def column_of(field: Any) -> str:
    """The column of a field, in lower case; "" if it has none. ``db_column`` may hold quotes."""
    return (getattr(field, "column", None) or "").strip('"').lower()


def as_written(models: Iterable[type[Model]], facet: Facet) -> tuple[str, str]:
    """The table and the column of a facet as the models spell them. Facets are in lower case."""
    for model in models:
        if table_of(model) == facet[1]:
            names = [(each.column or "").strip('"') for each in model._meta.local_concrete_fields]
            column = facet[2] if len(facet) > 2 else ""
            written = next((each for each in names if each.lower() == column), column)
            return str(model._meta.db_table).strip('"'), written
    return facet[1], facet[2] if len(facet) > 2 else ""


def wanted(connection: BaseDatabaseWrapper, models: Iterable[type[Model]]) -> set[Facet]:
    """What the tables of these models should have."""
    editor: Any = connection.SchemaEditorClass(connection, collect_sql=True)
    return {facet for model in models if is_here(connection, model) for facet in _of_model(connection, editor, model)}


def named(connection: BaseDatabaseWrapper, models: Iterable[type[Model]]) -> set[Facet]:
    """The names of the indexes and constraints that these models give themselves, which tell them from others."""
    return {
        ("constraint", table_of(model), _known_as(connection, each))
        for model in models
        if is_here(connection, model)
        for each in (*model._meta.indexes, *_constraints(connection, model))
        if _is_supported(connection, each)
    }


def _constraints(connection: BaseDatabaseWrapper, model: type[Model]) -> Iterator[BaseConstraint]:
    has_checks = connection.features.supports_table_check_constraints
    return (each for each in model._meta.constraints if has_checks or isinstance(each, UniqueConstraint))


def implied(facets: Iterable[Facet]) -> set[Facet]:
    """What a table has beside these facets because of them: a unique constraint is an index, too."""
    found: set[Facet] = set()
    for kind, table, *rest in facets:
        columns = rest[0].split(",") if kind in ("unique", "index", "first", "key") else []
        orders = permutations(columns) if kind == "unique" and len(columns) < 4 else [tuple(columns)]
        for order in orders if columns else ():
            found |= {("first", table, order[0]), ("index", table, ",".join(order))}
    return found


def gained_and_lost(before: set[Facet], after: set[Facet]) -> tuple[set[Facet], set[Facet]]:
    """What tables get and lose from one state to another, without what they have because of the rest."""
    return after - before - implied(before), before - after - implied(after)


def _of_model(connection: BaseDatabaseWrapper, editor: Any, model: type[Model]) -> Iterator[Facet]:
    table, options = table_of(model), model._meta
    yield ("table", table)
    yield ("primary", table, _columns(model, [each.name for each in getattr(options, "pk_fields", [options.pk])]))
    for field in options.local_concrete_fields:
        if field.column and field.db_type(connection):
            yield from _of_field(connection, editor, model, field)
    for names in options.unique_together:
        yield ("unique", table, _columns(model, names))
    for names in getattr(options, "index_together", ()):
        yield ("index", table, _columns(model, names, is_ordered=True))
    for index in options.indexes:
        if _is_supported(connection, index):
            is_own = index.expressions or index.condition or index.opclasses or index.include
            is_plain = type(index) is Index and not is_own
            columns = _columns(model, [name for name, _ in index.fields_orders], is_ordered=True)
            yield ("index", table, columns) if is_plain else ("named-index", table, _known_as(connection, index))
    for constraint in options.constraints:
        if isinstance(constraint, UniqueConstraint):
            if _is_supported(connection, constraint):
                is_plain = not (constraint.expressions or constraint.condition or getattr(constraint, "include", ()))
                plain = ("unique", table, _columns(model, constraint.fields))
                yield plain if is_plain else ("named-index", table, _known_as(connection, constraint))
        elif connection.features.supports_table_check_constraints or connection.vendor == "postgresql":
            yield ("constraint", table, _known_as(connection, constraint))


def _known_as(connection: BaseDatabaseWrapper, each: Index | BaseConstraint) -> str:
    """The name of an index or a constraint in the database. PostgreSQL cuts longer ones."""
    return str(each.name).lower()[: connection.ops.max_name_length() or None]


def _of_field(
    connection: BaseDatabaseWrapper, editor: Any, model: type[Model], field: Field[Any, Any]
) -> Iterator[Facet]:
    table, column = table_of(model), column_of(field)
    yield ("column", table, column)
    yield ("type", table, column, one_spelling(connection, field.db_type(connection) or ""))
    remote = field.remote_field
    if remote and getattr(field, "db_constraint", False) and connection.features.supports_foreign_keys:
        yield ("key", table, column)  # also of a primary key: the parent of a model
    if field.primary_key:
        return
    if _default_of(field) is not None:
        yield ("default", table, column)
    if not getattr(field, "generated", False) and not connection.features.interprets_empty_strings_as_nulls:
        yield ("null", table, column, "NULL" if field.null else "NOT NULL")
    if field.unique:
        yield ("unique", table, column)
    elif editor._field_should_be_indexed(model, field):
        yield ("first", table, column)


def _default_of(field: Field[Any, Any]) -> object:
    """The default that the database has for a field (Django 5.0); None for none, and for NULL."""
    default: Any = getattr(field, "db_default", NOT_PROVIDED)
    return None if default is NOT_PROVIDED or getattr(default, "value", default) is None else default


def _columns(model: type[Model], names: Iterable[str], is_ordered: bool = False) -> str:
    columns = [column_of(model._meta.get_field(name)) for name in names]
    return ",".join(columns if is_ordered else sorted(columns))


def _is_supported(connection: BaseDatabaseWrapper, index: Any) -> bool:
    """Whether Django makes an index or a unique constraint on this engine. It leaves out what an engine can't do."""
    features = connection.features
    return not (
        (getattr(index, "expressions", None) and not features.supports_expression_indexes)
        or (getattr(index, "condition", None) and not features.supports_partial_indexes)
        or (getattr(index, "include", None) and not features.supports_covering_indexes)
        or (getattr(index, "deferrable", None) and not features.supports_deferrable_unique_constraints)
        or (
            getattr(index, "nulls_distinct", None) is not None
            and not getattr(features, "supports_nulls_distinct_unique_constraints", False)
        )
    )


def there(connection: BaseDatabaseWrapper) -> tuple[set[Facet], set[str]]:
    """What the tables of a database have, and the tables that can't be read."""
    found: set[Facet] = {("type", *place, kind) for place, kind in listed_types(connection).items()}
    unread = _virtual(connection)
    found |= _foreign_keys(connection)
    with connection.cursor() as cursor:
        for each in connection.introspection.get_table_list(cursor):
            if each.type in ("t", "p"):
                try:
                    found.update(_of_table(connection, cursor, each.name))
                except IndexError:  # Django can't parse every CREATE TABLE of SQLite
                    unread.add(each.name.lower())
    return found, unread


def _foreign_keys(connection: BaseDatabaseWrapper) -> set[Facet]:
    """The foreign keys of MySQL and MariaDB.

    Django reads TABLE_CONSTRAINTS, in which MariaDB shows nothing to a user who may only SELECT.
    """
    if connection.vendor != "mysql":
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.key_column_usage "
            "WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL AND ordinal_position = 1"
        )
        return {("key", table.lower(), column.lower()) for table, column in cursor.fetchall()}


def _virtual(connection: BaseDatabaseWrapper) -> set[str]:
    """The virtual tables of SQLite and their shadows, which data functions make."""
    if connection.vendor != "sqlite":
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pragma_table_list WHERE type IN ('virtual', 'shadow')")
        return {name.lower() for (name,) in cursor.fetchall()}


def _of_table(connection: BaseDatabaseWrapper, cursor: Any, name: str) -> Iterator[Facet]:
    table = name.lower()
    yield ("table", table)
    for each in connection.introspection.get_table_description(cursor, name):
        yield ("column", table, each.name.lower())
        yield ("null", table, each.name.lower(), "NULL" if each.null_ok else "NOT NULL")
        if each.default not in (None, "NULL"):  # MariaDB lists NULL as a default
            yield ("default", table, each.name.lower())
    for known_as, each in connection.introspection.get_constraints(cursor, name).items():
        columns = [column.lower() for column in each["columns"] or () if column]
        yield ("constraint", table, known_as.lower())
        if each["index"] or each["unique"] or each["primary_key"]:
            yield ("named-index", table, known_as.lower())
        if each["unique"] or each["primary_key"]:
            yield ("unique", table, ",".join(sorted(columns)))
        if each["primary_key"] or known_as == "PRIMARY":  # MariaDB hides it from a user who may only SELECT
            parts = [columns, *([column] for column in columns)]  # that of a partitioned table has more columns
            yield from (("primary", table, ",".join(sorted(part))) for part in parts)
        if columns and (each["index"] or each["unique"] or each["primary_key"] or each["foreign_key"]):
            yield ("index", table, ",".join(columns))
            yield ("first", table, columns[0])
        if columns and each["foreign_key"]:
            yield ("key", table, columns[0])
