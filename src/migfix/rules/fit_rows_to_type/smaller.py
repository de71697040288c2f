"""Numbers and text that their column can't hold any more get the value that the user set."""

from __future__ import annotations

from decimal import Decimal

from migfix.changes.altered_fields import AlteredField
from migfix.changes.type_facts import digits_of, length
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rows.placeholder_rows.set_values import typed
from migfix.rows.placeholder_rows.values import INTEGERS, TEXT, of_value
from migfix.source.edits import AddImport, Edit
from migfix.source.formatting import free_name, literal, snake
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite

_LARGEST = {"SmallIntegerField": 2**15 - 1, "IntegerField": 2**31 - 1, "BigIntegerField": 2**63 - 1}


def is_smaller(each: AlteredField) -> bool:
    """Whether the field keeps its sort of values and has less room for them: text, whole numbers, decimals."""
    kinds = {each.old.kind, each.new.kind}
    if kinds <= TEXT.keys():
        return length(each.new) is not None
    if kinds == {"DecimalField"}:
        places = each.old.get("decimal_places"), each.new.get("decimal_places")
        return places[0] == places[1] and _whole_digits(each) is not None
    return kinds <= INTEGERS and each.new.kind.removeprefix("Positive") in _LARGEST


def set_larger(
    migration: Migration, each: AlteredField, configured: tuple[str, object], taken: set[str]
) -> tuple[str, list[Edit]]:
    """What is written, and the edits. Raises CannotWrite, and ConfigError for a value of another type."""
    field, value = each.new.name, typed(configured, each.new)
    if not fits(value, each):
        raise CannotWrite(f"the value {value} that you set doesn't fit either")
    name = free_name(f"replace_large_{snake(each.model.name)}_{field.lower()}", taken)
    taken.add(name)
    variables, written = Variables((each.model,)), of_value(value, each.new)
    rows, imports = variables.rows(each.model), [("django.db", "router"), *written.imports]
    if each.new.kind in TEXT:
        size = free_name("length", set(each.model.fields))
        room, large = f"{length(each.new)} characters", f"{size}__gt={length(each.new)}"
        rows += f".annotate({size}=Length({literal(field)}))"
        imports.append(("django.db.models.functions", "Length"))
    else:
        first, last = _first_that_do_not_fit(each)
        room, large = f"numbers below {first}", f"{field}__gte={first}"
        if last is not None:
            large = f"Q({large}) | Q({field}__lte={last})"
            imports.append(("django.db.models", "Q"))
    lines = [
        *opening(name, variables, f"# The column is about to hold {room}."),
        f"    rows = {rows}",
        f"    rows.filter({large}).update({field}={written.code})",
        "",
    ]
    left = "Going back leaves these values."
    step = step_edits(migration, each.index, name, "\n".join(lines), is_elidable=True, comment=left)
    needed = [AddImport(migration.path, module, imported) for module, imported in imports]
    return f"{name}() sets {field} of rows that don't fit to {value!r} before it, as you set it.", [*step, *needed]


def fits(value: object, each: AlteredField) -> bool:
    """Whether a number isn't too large for the new column, and not negative where it must be positive."""
    if each.new.kind == "DecimalField":
        value = Decimal(str(value))
    is_sized = each.new.kind.removeprefix("Positive") in _LARGEST or _whole_digits(each) is not None
    if not isinstance(value, int | Decimal) or isinstance(value, bool) or not is_sized:
        return True
    first, last = _first_that_do_not_fit(each)
    return (-1 if last is None else last) < value < first


def _first_that_do_not_fit(each: AlteredField) -> tuple[int, int | None]:
    """The smallest number that is too large for the new column, and the largest that is too small, if any may be.

    MIG112 answers for negative numbers where the field becomes positive.
    """
    digits = _whole_digits(each)
    if digits is not None:
        return 10**digits, -(10**digits)
    kind = each.new.kind.removeprefix("Positive")
    return _LARGEST[kind] + 1, None if kind != each.new.kind else -_LARGEST[kind] - 2


def _whole_digits(each: AlteredField) -> int | None:
    """The digits before the point of the new ``DecimalField``; None if it isn't one or they can't be read."""
    sizes = digits_of(each.new)
    return sizes[0] - sizes[1] if sizes else None
