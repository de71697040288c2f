"""The columns of a historical model: keys, unique sets, columns with a default."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import NOT_PROVIDED, Model


def is_auto(field: Any) -> bool:
    """Whether the database generates the values of this column as a sequence."""
    return isinstance(field, models.AutoField | models.BigAutoField | models.SmallAutoField)


def own_fields(model: type[Model]) -> list[Any]:
    """The columns of the model's own table that can be written."""
    return [field for field in model._meta.local_concrete_fields if not getattr(field, "generated", False)]


def parents(model: type[Model]) -> list[type[Model]]:
    """The models whose tables contain the rest of a row in multi-table inheritance, root first."""
    parents = model._meta.get_parent_list()
    return [each for each in reversed(model.__mro__) if each in parents]


def target_of(field: Any) -> type[Model] | None:
    """The model that a key points at; None for other columns."""
    return field.remote_field.model._meta.concrete_model if field.remote_field and field.is_relation else None


def has_default(field: Any) -> bool:
    """Whether Django or the database fills the column if no value is given."""
    is_none = field.default is None and not field.null
    in_database = getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
    return bool(in_database or (field.has_default() and not is_none))


def is_unique(field: Any) -> bool:
    """Whether rows must differ in this column, alone or with others."""
    names = [field.name]
    sets = (*field.model._meta.unique_together, *(each.fields for each in _unique_constraints(field.model)))
    excluded = [each for each in field.model._meta.constraints if type(each).__name__ == "ExclusionConstraint"]
    sets = (*sets, *(str(each.expressions) for each in excluded))
    return bool(field.unique or any(names[0] in each for each in sets) or field.name in composite_key(field.model))


def unique_sets(model: type[Model]) -> list[tuple[str, ...]]:
    """The columns that must be unique together, by attribute name."""
    options = model._meta
    singles: list[tuple[str, ...]] = [(field.name,) for field in own_fields(model) if field.unique]
    singles += [names] if (names := composite_key(model)) else []
    sets = [*singles, *options.unique_together, *(each.fields for each in _unique_constraints(model) if each.fields)]
    return [tuple(options.get_field(name).attname for name in names) for names in dict.fromkeys(map(tuple, sets))]  # type: ignore[union-attr]


def composite_key(model: type[Model]) -> tuple[str, ...]:
    """The fields of a composite primary key (Django 5.2); empty for any other."""
    return tuple(getattr(model._meta.pk, "field_names", ()))


def _unique_constraints(model: type[Model]) -> list[Any]:
    return [each for each in model._meta.constraints if isinstance(each, models.UniqueConstraint)]
