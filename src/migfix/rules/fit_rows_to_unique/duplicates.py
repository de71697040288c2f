"""What the user chose for rows that share a value, as a RunPython before the operation."""

from __future__ import annotations

from migfix.changes.new_uniqueness import NewUniqueness
from migfix.findings.words import counted
from migfix.history.fields import Field, field_of
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rows.placeholder_rows.values import TEXT, max_length
from migfix.source.edits import AddImport, Edit
from migfix.source.formatting import call, free_name, literal, render, snake
from migfix.source.migration import Migration

CHOICES = {
    "stop": "lists them and stops the migration",
    "first": "keeps the first row and deletes the others",
    "suffix": "adds a number to later rows",
    "null": "sets later rows to NULL",
}
_VERBS = {"stop": "find_equal", "first": "delete_equal", "suffix": "number_equal", "null": "clear_equal"}
_BACK = {
    "first": "Going back leaves the deleted rows deleted.",
    "suffix": "Going back leaves the numbers.",
    "null": "Going back leaves NULL in these rows.",
}


class CannotFit(Exception):
    """A choice that isn't possible for these fields."""


def fit_duplicates(
    migration: Migration, each: NewUniqueness, choice: str, taken: set[str], became_nullable: bool
) -> tuple[str, list[Edit]]:
    """What is written, and the edits. ``became_nullable``: the column allows NULL by then. Raises CannotFit."""
    field = each.model.fields[each.fields[0]]
    if choice not in CHOICES:
        raise CannotFit(f"--duplicates {each.label}={choice} isn't one of {', '.join(CHOICES)}")
    if each.is_partial:
        raise CannotFit("migfix doesn't know which rows are equal")
    if choice in ("suffix", "null") and len(each.fields) > 1:
        raise CannotFit(f"several fields can't get `{choice}`")
    if choice == "suffix" and field.kind not in TEXT:
        raise CannotFit("only text can get a number at its end")
    if choice == "suffix" and not has_room(each):
        raise CannotFit(f"{counted(_room(each) or 0, 'character')} have no room for a number")
    if choice == "null" and not may_be_null(each, became_nullable):
        raise CannotFit("the column doesn't allow NULL")
    stem = f"{_VERBS[choice]}_{snake(each.model.name)}_{'_'.join(each.fields).lower()}"
    name = free_name(stem, taken)
    taken.add(name)
    edits = step_edits(
        migration, each.index, name, _function(name, each, choice), is_elidable=True, comment=_BACK.get(choice)
    )
    imports = [AddImport(migration.path, "django.db", "router"), AddImport(migration.path, "django.db.models", "Count")]
    imports += [AddImport(migration.path, "django.db.models.functions", "Lower")] if each.is_lower else []
    return f"{name}() {CHOICES[choice]}, in a RunPython before it.", [*edits, *imports]


def may_be_null(each: NewUniqueness, became_nullable: bool) -> bool:
    """Whether rows can have NULL before the operation and after it."""
    field = each.model.fields[each.fields[0]]
    is_after = all(new.is_true("null") for new in _new_field(each))
    return is_after and (became_nullable or field.is_true("null"))


def _function(name: str, each: NewUniqueness, choice: str) -> str:
    variables, lower = Variables((each.model,)), _lower(each)
    compared = (lower,) if lower else each.fields
    rows = f"{variables.rows(each.model)}.annotate({lower}=Lower({literal(each.fields[0])}))"
    count = free_name("count", set(each.model.fields))
    without = " without regard to case" if lower else ""
    lines = [
        *opening(name, variables, f"# Two rows must not have the same {' and '.join(each.fields)}{without}."),
        f"    rows = {rows if lower else variables.rows(each.model)}",
        f'    equal = rows.values({", ".join(map(literal, compared))}).annotate({count}=Count("pk"))',
        "    "
        + render(call("equal = equal.filter", f"{count}__gt=1", *(f"{one}__isnull=False" for one in compared)), 4),
    ]
    if choice == "stop":
        return "\n".join([*lines, *_stop(each, [literal(one) for one in compared]), ""])
    values = [f"{one}=each[{literal(one)}]" for one in compared]
    lines += [
        "    for each in list(equal):",
        "        " + render(call("first, *later = rows.filter", *values, tail=').order_by("pk")'), 8),
    ]
    return "\n".join([*lines, *_changed(each, choice), ""])


def _lower(each: NewUniqueness) -> str:
    """The name of the annotation for values in lower case, if they are compared so; else ""."""
    return free_name("lower", set(each.model.fields)) if each.is_lower else ""


def _stop(each: NewUniqueness, names: list[str]) -> list[str]:
    shown = f"repr(each[{names[0]}])" if len(names) == 1 else "str(tuple(each.values())[:-1])"
    what = " and ".join(each.fields)
    error = call("raise ValueError", f'f"Several rows of {each.model.label} have {what} {{values}}."')
    return [
        "    found = list(equal[:10])",
        "    if found:",
        f'        values = ", ".join({shown} for each in found)',
        "        " + render(error, 8),
    ]


def _changed(each: NewUniqueness, choice: str) -> list[str]:
    field = each.fields[0]
    if choice == "first":
        return ["        rows.filter(pk__in=[row.pk for row in later]).delete()"]
    if choice == "null":
        return [f"        rows.filter(pk__in=[row.pk for row in later]).update({field}=None)"]
    room = _room(each)
    base = f"row.{field}[: {room} - len(end)]" if room else f"row.{field}"
    return [
        "        number = 1",
        "        for row in later:",
        f"            value = row.{field}",
        f"            while rows.filter({field}{'__iexact' if each.is_lower else ''}=value).exists():",
        "                number += 1",
        '                end = f"-{number}"',
        f"                value = {base} + end",
        f"            row.{field} = value",
        f"            row.save(update_fields=[{literal(field)}])",
    ]


def has_room(each: NewUniqueness) -> bool:
    """Whether a value can get a number of two digits at its end: ``-99``."""
    return (_room(each) or _ROOM) >= _ROOM


_ROOM = 3


def _room(each: NewUniqueness) -> int | None:
    """The length that the field has before and after; None if it has no limit."""
    rooms = [max_length(known) for known in (each.model.fields[each.fields[0]], *_new_field(each))]
    return min(filter(None, rooms), default=None)


def _new_field(each: NewUniqueness) -> list[Field]:
    """The field as the operation defines it, if it is an AlterField."""
    return [field_of(each.op)] if each.op.kind == "AlterField" else []
