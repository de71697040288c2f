"""The function that reads text as another type, row by row."""

from __future__ import annotations

from dataclasses import dataclass

from migfix.changes.altered_fields import AlteredField
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rows.placeholder_rows.values import INTEGERS
from migfix.source.formatting import call, literal, render
from migfix.source.migration import Value
from migfix.source.writer import Writer, with_arguments

_PREPARED = ("UUIDField", "TimeField")
"""Classes whose values each database writes in a form of its own."""
_LIMITED = INTEGERS | {"DecimalField"}
"""Classes that check the size of a number themselves."""
_WITHOUT: dict[str, Value | None] = dict.fromkeys(("default", "null", "db_default", "unique", "validators", "choices"))
"""Arguments that don't matter for reading, or would refuse more than the database does."""
Imports = list[tuple[str, str | None]]


@dataclass(frozen=True)
class Reading:
    """How one value is read: lines before the loop, the statements that fail, the error, the imports."""

    before: tuple[str, ...]
    statements: tuple[str, ...]
    error: str
    imports: Imports
    text: str = ""
    """What is written back: "text" if a statement makes it, "" if the value stays as it is."""


def text_function(
    each: AlteredField, name: str, empty: str | None, is_set: bool, writer: Writer
) -> tuple[str, Imports]:
    """The function, and its imports. ``empty`` is the text that ``''`` becomes, or None for NULL, or for nothing.

    With ``is_set``, rows that can't be read get ``empty``, too. Raises CannotWrite.
    """
    variables, field, kind = Variables((each.model,)), each.new.name, each.new.kind
    reading = _reading(each, writer)
    what = "JSON" if kind == "JSONField" else kind
    lines = opening(name, variables, f"# All text must be readable as {what} before the column changes.")
    lines.append(f"    rows = {variables.rows(each.model)}.exclude({field}__isnull=True)")
    if empty is not None or each.new.is_true("null"):
        lines.append(f'    rows.filter({field}="").update({field}={literal(empty)})')
    lines += [
        *reading.before,
        "    unread = []",
        f'    for pk, value in rows.values_list("pk", {literal(field)}).iterator():',
        "        try:",
        *(f"            {line}" for line in reading.statements),
        f"        except {reading.error}:",
        "            unread.append(pk)",
    ]
    if reading.text:
        lines += [
            "        else:",
            *([] if reading.text == "text" else [f"            text = {reading.text}"]),
            "            if text != value:",
            f"                rows.filter(pk=pk).update({field}=text)",
        ]
    return "\n".join([*lines, *_unread(each, empty, is_set), ""]), reading.imports


def _reading(each: AlteredField, writer: Writer) -> Reading:
    if each.new.kind == "JSONField":
        strict = ("json.dumps(json.loads(value), allow_nan=False)",)
        return Reading((), strict, "ValueError", [("json", None)])
    if each.new.kind == "BooleanField":
        words = (
            '    words = {"true": "1", "yes": "1", "on": "1", "t": "1", "y": "1", "1": "1"}',
            '    words |= {"false": "0", "no": "0", "off": "0", "f": "0", "n": "0", "0": "0"}',
        )
        return Reading(words, ("text = words[value.strip().lower()]",), "KeyError", [], "text")
    before: tuple[str, ...] = (f"    field = {writer.flat(with_arguments(each.new.value, **_WITHOUT))}",)
    imports: Imports = [("django.core.exceptions", "ValidationError")]
    read = "field.to_python(value.strip())"
    if each.new.kind in _LIMITED:
        checked = (f"read = {read}", "field.run_validators(read)")
        return Reading(before, checked, "ValidationError", imports, "str(read)")
    if each.new.kind not in _PREPARED:
        return Reading(before, (f"text = str({read})",), "ValidationError", imports, "text")
    text = "str(field.get_db_prep_value(read, connection))"
    before = (*before, "    connection = schema_editor.connection")
    return Reading(before, (f"read = {read}",), "ValidationError", imports, text)


def _unread(each: AlteredField, empty: str | None, is_set: bool) -> list[str]:
    if is_set:
        return [f"    rows.filter(pk__in=unread).update({each.new.name}={literal(empty)})"]
    said = f'f"{each.new.name} of {{len(unread)}} rows of {each.model.label} can\'t be read, such as {{unread[:10]}}"'
    return ["    if unread:", "        " + render(call("raise ValueError", said), 8)]
