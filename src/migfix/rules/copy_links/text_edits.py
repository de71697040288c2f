"""The operations and functions that make rows of texts, and texts of rows when going back."""

from __future__ import annotations

from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables, unique
from migfix.rows.second_column import demand_unnamed
from migfix.rules.copy_links.created_rows import created_rows, imports
from migfix.rules.copy_links.kept import added_nullable, kept_until
from migfix.rules.copy_links.texts import TextToKey, demand_key, text_of
from migfix.source.edits import Edit, Insert
from migfix.source.formatting import call, free_name, literal, render, snake
from migfix.source.migration import Call
from migfix.source.writer import Writer, with_arguments


def text_edits(each: TextToKey, taken: set[str], is_shared: bool) -> tuple[str, list[Edit]]:
    """What is written, and the edits. ``is_shared``: another step makes rows of the target, too. Raises CannotWrite."""
    demand_unnamed(each.model, each.old)
    demand_key(each)
    text, writer, path = text_of(each).name, Writer(each.migration, is_its_own=True), each.migration.path
    stem = f"{snake(each.model.name)}_{each.old.name.lower()}"
    names = [free_name(f"create_{snake(each.target.name)}_rows", taken), free_name(f"restore_{stem}", taken)]
    taken.update(names)
    key = free_name(f"{each.new.name}_new", set(each.model.fields)) if each.is_in_place else each.new.name
    functions = _create(names[0], each, key, text, writer, is_shared), _restore(names[1], each, key, text, writer)
    place = max(each.added + 1, each.removed) if not each.is_in_place else each.added
    step = step_edits(each.migration, place, names[0], *functions, reverse=names[1])
    around = _in_place(each, key, writer, step) if each.is_in_place else _beside(each, writer, step, place)
    wrote = f"{names[0]}() makes each text a row of {each.target.label}, and {names[1]}() goes back."
    return wrote, [*around, *writer.edits, *imports(path)]


def _in_place(each: TextToKey, key: str, writer: Writer, step: list[Edit]) -> list[Edit]:
    """A second field is added, filled, and takes the place of the text."""
    bare, of_model = _bare(each), ("model_name", literal(each.add.model))
    unnamed = with_arguments(bare, db_column=None)
    names = ("old_name", literal(key)), ("new_name", literal(each.new.name))
    after = [
        writer.operation("RemoveField", of_model, ("name", literal(each.old.name))),
        writer.operation("RenameField", of_model, *names),
    ]
    if not each.new.is_true("null") or unnamed != bare:
        after.append(writer.alter_field(each.add.model, each.new.name, bare))
    place = ("operations", each.added)
    inserted = [Insert(each.migration.path, place, code) for code in after]
    return [*added_nullable(each, each.add, key, writer, unnamed), *step, *inserted]


def _beside(each: TextToKey, writer: Writer, step: list[Edit], place: int) -> list[Edit]:
    """The text stays until the key, which has another name, is filled."""
    if each.new.is_true("null"):
        return list(kept_until(each, each.old.name, writer, *step))
    bare, name = _bare(each), each.new.name
    last = Insert(each.migration.path, ("operations", place), writer.alter_field(each.add.model, name, bare))
    added = added_nullable(each, each.add, name, writer, bare)
    return [*added, *kept_until(each, each.old.name, writer, *step, last)]


def _bare(each: TextToKey) -> Call:
    """The key without the one-off default that makemigrations asks for."""
    return with_arguments(each.new.value, **({} if each.new.is_true("null") else {"default": None}))


def _create(name: str, each: TextToKey, key: str, text: str, writer: Writer, is_shared: bool) -> str:
    """Make the rows, and point at them."""
    variables = Variables(unique((each.target, each.model)))
    outer, subquery = (writer.name(f"django.db.models.{each}") for each in ("OuterRef", "Subquery"))
    target, old = each.target, each.old.name
    rows = variables.rows(each.model)
    rows += f".exclude({old}=None)" if each.old.is_true("null") else ""
    if each.new.is_true("null"):
        rows += f'.exclude({old}="")'
    lines = [
        *opening(name, variables, f"# Each text becomes one {target.name}, and the rows point at it."),
        f"    rows = {rows}",
        f"    texts = rows.order_by({literal(old)}).values_list({literal(old)}, flat=True).distinct()",
        *(
            [f"    texts = texts.exclude({old}__in={variables.rows(target)}.values({literal(text)}))"]
            if is_shared
            else []
        ),
        *created_rows(
            call(variables.of(target), f"{text}=text"), "for text in texts.iterator()", variables.rows(target)
        ),
        "    " + render(call(f"same = {variables.rows(target)}.filter", f"{text}={outer}({literal(old)})"), 4),
        "    " + render(call("rows.update", f"{key}={subquery}(same.values({literal('pk')})[:1])"), 4),
    ]
    return "\n".join([*lines, ""])


def _restore(name: str, each: TextToKey, key: str, text: str, writer: Writer) -> str:
    """Give each row the text of the row that it points at."""
    variables = Variables(unique((each.target, each.model)))
    outer, subquery = (writer.name(f"django.db.models.{each}") for each in ("OuterRef", "Subquery"))
    lines = [
        *opening(name, variables, f"# Each row gets back the text of its {each.target.name}."),
        "    " + render(call(f"same = {variables.rows(each.target)}.filter", f"pk={outer}({literal(key)})"), 4),
        f"    rows = {variables.rows(each.model)}.exclude({key}=None)",
        "    " + render(call("rows.update", f"{each.old.name}={subquery}(same.values({literal(text)})[:1])"), 4),
    ]
    return "\n".join([*lines, ""])
