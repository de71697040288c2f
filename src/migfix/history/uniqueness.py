"""Which fields of a model must be unique, alone or together."""

from __future__ import annotations

from migfix.history.fields import strings_in, together
from migfix.history.model import Model, items_of
from migfix.source.migration import Call


def is_unique_alone(model: Model | None, field: str) -> bool:
    """Whether ``unique_together`` or a UniqueConstraint covers exactly this field."""
    if model is None:
        return False
    constraints = [each for each in items_of(model.options.get("constraints")) if isinstance(each, Call)]
    alone = [each.keyword("fields") for each in constraints if each.func == "django.db.models.UniqueConstraint"]
    return (field,) in together(model.options.get("unique_together")) or frozenset({(field,)}) in map(together, alone)


def unique_sets(model: Model, also_partial: bool = False) -> list[tuple[str, ...]]:
    """The sets of fields whose values must be unique together.

    ``also_partial`` adds the constraints with a condition, which hold for some rows only, and those on expressions.
    """
    alone = [each.name for each in model.fields.values() if each.is_unique and not each.is_true("primary_key")]
    found: list[tuple[str, ...]] = [(name,) for name in alone]
    found += sorted(together(model.options.get("unique_together")))
    for each in items_of(model.options.get("constraints")):
        if not isinstance(each, Call) or each.func != "django.db.models.UniqueConstraint":
            continue
        if not each.keyword("condition") or also_partial:
            found += sorted(together(each.keyword("fields")))
        if each.keyword("fields") is None and also_partial:
            found.append(tuple(sorted(strings_in(each))))
    return found
