"""Bring back what is missing in the tables of applied migrations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterUniqueTogether,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, Field, Model

from migfix.repair.columns import changed_columns
from migfix.repair.compared import Compared
from migfix.repair.facets import Facet, column_of, table_of
from migfix.repair.finishing import Left, would_lose
from migfix.repair.history import key_of
from migfix.repair.rows.obstacles import obstacle
from migfix.repair.steps import Step, of_index, of_operation, of_primary_key, of_tables


def refill(compared: Compared) -> Iterator[Step | Left]:
    """The steps that make missing tables and columns; if there are none, those for what belongs to them."""
    first = [facet for facet in compared.missing if facet[0] in ("table", "column")]
    gone = []
    without_key = {facet[1] for facet in compared.missing if facet[0] == "primary"}  # foreign keys need it
    for model in sorted(compared.models, key=lambda model: table_of(model) not in without_key):
        missing = [facet for facet in (first or compared.missing) if facet[1] == table_of(model)]
        if missing and missing[0][0] == "table":
            if other := _renamed_table(compared, model):
                yield Left(f"{missing[0][1]} may be there as {other}, which no model has: rename the table by hand")
                continue
            gone.append(_without_links(compared, model))
        elif missing:
            obstacles = _obstacles(compared, model, missing)
            yield from (Left(why) for why in obstacles.values())
            if free := [facet for facet in missing if facet not in obstacles]:
                yield from _Refill(compared, model, free).steps()
    if gone:
        yield of_tables(sorted(gone, key=lambda model: bool(model._meta.auto_created)))


def _obstacles(compared: Compared, model: type[Model], missing: list[Facet]) -> dict[Facet, str]:
    """The constraints that rows don't fit, and why."""
    constraints = [each for each in missing if each[0] in ("primary", "unique", "key", "constraint", "named-index")]
    found = {each: obstacle(compared.applied.connection, model, each) for each in constraints}
    return {each: why for each, why in found.items() if why}


def _renamed_table(compared: Compared, model: type[Model]) -> str:
    """The table that no model has and that has the columns of a missing one; "" if there is none."""
    wanted = {facet[2] for facet in compared.present if facet[:2] == ("column", table_of(model))}
    columns = (
        (table, {facet[2] for facet in compared.real if facet[:2] == ("column", table)}) for table in compared.strangers
    )
    return next((table for table, found in columns if found == wanted), "")


def _has_value(field: Field[Any, Any]) -> bool:
    """Whether a new column has a value for rows that are there."""
    return field.null or field.has_default() or getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED


def _without_links(compared: Compared, model: type[Model]) -> type[Model]:
    """The model without many-to-many fields, whose tables are made by themselves."""
    if model._meta.auto_created or not model._meta.local_many_to_many:
        return model
    state = unrendered(compared.state)
    for field in model._meta.local_many_to_many:
        state.models[model._meta.app_label, model._meta.model_name or ""].fields.pop(field.name)
    return state.apps.get_model(model._meta.app_label, model._meta.model_name or "")


def unrendered(state: ProjectState) -> ProjectState:
    """A copy whose models can be changed before they are rendered."""
    copy = state.clone()
    copy.__dict__.pop("apps", None)
    return copy


class _Refill:
    """What is missing in one table that is there."""

    def __init__(self, compared: Compared, model: type[Model], missing: list[Facet]) -> None:
        self.compared, self.model, self.missing = compared, model, missing
        self.app, self.name = model._meta.app_label, model._meta.model_name or ""
        self.connection = compared.applied.connection

    def steps(self) -> Iterator[Step | Left]:
        if self.model._meta.auto_created:
            shown = " ".join(self.missing[0])
            yield Left(f"{self.missing[0][1]} is a table of links, and {shown} is missing: make it by hand")
            return
        yield from (of_primary_key(self.model, facet[2]) for facet in self.missing if facet[0] == "primary")
        operations = list(self._operations())
        state = self._without(operations)
        for operation in operations:
            if isinstance(operation, AddField) and (other := self._renamed(operation.name)):
                place = f"{self.missing[0][1]}.{operation.name}"
                yield Left(f"{place} may be there as {other}, which no field has: rename the column by hand")
                return
            if lost := would_lose(
                self.compared.applied, [self.compared.state], self.app, operation, self.compared.real
            ):
                yield Left(f"SQLite would make {lost[0]} anew without the column {lost[1]}, which no field has")
                return
            if isinstance(operation, AddField) and self._has_no_value(operation.field):
                yield Left(f"{self.missing[0][1]} has rows, and {operation.name} has no default: add it by hand")
                return
            if isinstance(operation, AddField) and self._has_one_value(operation.field):
                yield Left(f"{self.missing[0][1]}.{operation.name} is unique: add it, and give each row its value")
                return
            after = state.clone()
            operation.state_forwards(self.app, after)
            yield of_operation(operation, self.app, state, after)
            state = after
        yield from self._single_indexes()
        yield from changed_columns(compared=self.compared, model=self.model, missing=self.missing)

    def _renamed(self, name: str) -> str:
        """The column that no model knows and that has the type of a missing one; "" if there is none."""
        types = {facet[2:] for facet in self.compared.real if facet[:2] == ("type", self.missing[0][1])}
        kind = next((facet[3] for facet in self.compared.present if facet[:3] == self._type_of(name)), "")
        return next((each for each in self.compared.unknown_columns(self.model) if (each, kind) in types), "")

    def _type_of(self, name: str) -> Facet:
        return "type", table_of(self.model), self._column(name)

    def _single_indexes(self) -> Iterator[Step]:
        """The unique constraint or index of one field. AlterField would make PostgreSQL's second one for LIKE, too."""
        if self.connection.vendor == "sqlite":
            return
        for kind, _, rest, *_ in self.missing:
            field = next(
                (each for each in self.model._meta.local_concrete_fields if self._column(each.name) == rest), None
            )
            if field is not None and (kind == "first" or (kind == "unique" and field.unique)):
                yield of_index(self.model, field, is_unique=kind == "unique")

    def _operations(self) -> Iterator[Operation]:
        rest = {facet[0]: set[str]() for facet in self.missing}
        for facet in self.missing:
            rest[facet[0]].add(facet[2])
        for field in self.model._meta.local_concrete_fields:
            column = self._column(field.name)
            if column in rest.get("column", ()):
                yield self._add(field)
            elif any(column in rest.get(kind, ()) for kind in self._altered):
                yield AlterField(self.name, field.name, self._field(field.name))
        for index in self.model._meta.indexes:
            columns = ",".join(self._column(name) for name, _ in index.fields_orders)
            if index.name.lower() in rest.get("named-index", ()) or columns in rest.get("index", ()):
                yield AddIndex(self.name, index)
        for constraint in self.model._meta.constraints:
            columns = ",".join(sorted(self._column(name) for name in getattr(constraint, "fields", ())))
            names = rest.get("constraint", set()) | rest.get("named-index", set())
            if constraint.name.lower() in names or (columns and columns in rest.get("unique", ())):
                yield AddConstraint(self.name, constraint)
        together = self.model._meta.unique_together
        if any(",".join(sorted(map(self._column, names))) in rest.get("unique", ()) for names in together):
            yield AlterUniqueTogether(self.name, set(map(tuple, together)))

    @property
    def _altered(self) -> tuple[str, ...]:
        """What AlterField brings."""
        is_remade = self.connection.vendor == "sqlite"
        return ("default", "null", "key", "unique", "first") if is_remade else ("default", "key")

    def _column(self, name: str) -> str:
        return column_of(self.model._meta.get_field(name))

    def _field(self, name: str) -> Field[Any, Any]:
        found: Field[Any, Any] = self.compared.state.models[self.app, self.name].fields[name]
        return found

    def _add(self, field: Field[Any, Any]) -> AddField:
        """The operation that adds a column again, with the value of the migration that added it."""
        new = self._field(field.name).clone()
        if _has_value(new):
            return AddField(self.name, field.name, new)
        for migration in self.compared.applied.order:
            if key_of(migration) in self.compared.applied.keys and migration.app_label == self.app:
                for op in (each for each in migration.operations if isinstance(each, AddField)):
                    if (op.model_name_lower, op.name) == (self.name, field.name) and op.field.has_default():
                        new.default = op.field.default
        return AddField(self.name, field.name, new, preserve_default=not new.has_default())

    def _has_no_value(self, field: Field[Any, Any]) -> bool:
        """Whether rows are there that a new column has no value for. MySQL would make up a 0."""
        if _has_value(field) or getattr(field, "generated", False):
            return False
        return self._has_rows(1)

    def _has_one_value(self, field: Field[Any, Any]) -> bool:
        """Whether a default would be the same in rows that must differ in it."""
        return field.unique and field.has_default() and self._has_rows(2)

    def _has_rows(self, count: int) -> bool:
        """Whether the table has at least so many rows."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {self.connection.ops.quote_name(self.model._meta.db_table)} LIMIT {count}")
            return len(cursor.fetchall()) == count

    def _without(self, operations: list[Operation]) -> ProjectState:
        """The models as the database has them: without what the operations bring."""
        state = unrendered(self.compared.state)
        model = state.models[self.app, self.name]
        gone = {op.name for op in operations if isinstance(op, AddField)}
        for altered in (op for op in operations if isinstance(op, AlterField)):
            model.fields[altered.name] = self._weaker(altered.name, altered.field)
        for name in gone:
            del model.fields[name]
        indexes = [op.index.name for op in operations if isinstance(op, AddIndex)]
        constraints = [op.constraint.name for op in operations if isinstance(op, AddConstraint)]
        options = model.options
        options["indexes"] = [
            each for each in options.get("indexes", ()) if each.name not in indexes and not self._names(each, gone)
        ]
        options["constraints"] = [
            each
            for each in options.get("constraints", ())
            if each.name not in constraints and not self._names(each, gone)
        ]
        is_missing = any(isinstance(op, AlterUniqueTogether) for op in operations)
        options["unique_together"] = {
            names
            for names in options.get("unique_together", ())
            if not gone & set(names) and not (is_missing and self._is_missing(names))
        }
        return state

    def _is_missing(self, names: tuple[str, ...]) -> bool:
        return ("unique", self.missing[0][1], ",".join(sorted(map(self._column, names)))) in self.missing

    def _names(self, index: Any, gone: set[str]) -> bool:
        """Whether an index or constraint has one of the fields. Expressions aren't looked into."""
        return bool(gone) and (bool(gone & set(getattr(index, "fields", ()))) or not getattr(index, "fields", ()))

    def _weaker(self, name: str, field: Field[Any, Any]) -> Field[Any, Any]:
        """The field without what its column lacks."""
        column = self._column(name)
        lacks = {facet[0]: facet for facet in self.missing if len(facet) > 2 and facet[2] == column}
        _, _, arguments, options = field.deconstruct()
        if "null" in lacks:
            options["null"] = not field.null
        if "unique" in lacks:
            options["unique"] = False
        if "first" in lacks:
            options["db_index"] = False
        if "key" in lacks:
            options["db_constraint"] = False
        if "default" in lacks:
            options.pop("db_default")
        weaker: Field[Any, Any] = type(field)(*arguments, **options)
        return weaker
