"""The operations: both fields are there while the rows are copied, forward and back."""

from __future__ import annotations

from migfix.history import History
from migfix.history.fields import Field
from migfix.history.uniqueness import unique_sets
from migfix.rows.functions.data_step import step_edits
from migfix.rows.link_tables import LinkTable
from migfix.rows.second_column import demand_unnamed
from migfix.rules.copy_links.created_rows import imports
from migfix.rules.copy_links.functions import to_key, to_links
from migfix.rules.copy_links.kept import added_nullable, kept_until
from migfix.rules.copy_links.replaced_relation import ReplacedRelation
from migfix.source.edits import Edit, Insert
from migfix.source.formatting import free_name, snake
from migfix.source.migration import Literal
from migfix.source.writer import CannotWrite, Writer, with_arguments


def to_links_edits(each: ReplacedRelation, taken: set[str], history: History) -> tuple[str, list[Edit]]:
    """A key becomes links. Raises CannotWrite, CannotFix."""
    table, writer = _link_table(each, each.new, each.old, history), Writer(each.migration, is_its_own=True)
    demand_unnamed(each.model, each.old)
    key, links, path = each.until_removed, each.new.name, each.migration.path
    copy, back = _names(each, taken, f"{key}_to_links", f"first_link_to_{key}")
    is_required = not each.old.is_true("null")
    functions = (
        to_links(copy, each.model, key, links, table),
        to_key(back, each.model, links, key, table, writer, False, is_required),
    )
    steps: list[Edit] = []
    if is_required:  # so that it can come back
        nullable = with_arguments(each.old.value, null=Literal(True))
        code = writer.alter_field(each.model.name.lower(), key, nullable)
        steps.append(Insert(path, ("operations", each.removed), code))
    steps += step_edits(each.migration, each.place[1], copy, *functions, reverse=back)
    wrote = f"{copy}() makes each key a link before it is removed, and {back}() keeps the first link when going back."
    return wrote, [*kept_until(each, each.until_removed, writer, *steps), *writer.edits, *imports(path)]


def to_key_edits(each: ReplacedRelation, taken: set[str], history: History, *, is_one: bool) -> tuple[str, list[Edit]]:
    """Links become a key. ``is_one``: no row may have several. Raises CannotWrite, CannotFix."""
    table, writer = _link_table(each, each.old, each.new, history), Writer(each.migration, is_its_own=True)
    if any(each.new.name in names for names in unique_sets(each.model, also_partial=True)) or each.new.is_unique:
        raise CannotWrite("it is unique, and rows may share a link")
    links, key, path = each.until_removed, each.new.name, each.migration.path
    copy, back = _names(each, taken, f"links_to_{key}" if is_one else f"first_link_to_{key}", f"{key}_to_links")
    is_required = not each.new.is_true("null")
    functions = (
        to_key(copy, each.model, links, key, table, writer, is_one, is_required),
        to_links(back, each.model, key, links, table),
    )
    steps = step_edits(each.migration, each.place[1], copy, *functions, reverse=back)
    if is_required:
        bare = with_arguments(each.new.value, default=None)
        steps = [*added_nullable(each, each.add, key, writer, bare), *steps]
        steps.append(Insert(path, each.place, writer.alter_field(each.model.name.lower(), key, bare)))
    which = "the link" if is_one else "the first link"
    wrote = f"{copy}() points each row at {which} it has before the links go, and {back}() goes back."
    return wrote, [*kept_until(each, each.until_removed, writer, *steps), *writer.edits, *imports(path)]


def _link_table(each: ReplacedRelation, links: Field, key: Field, history: History) -> LinkTable:
    """The table of the links, which Django makes. Raises CannotWrite, CannotFix."""
    if links.get("through") is not None:
        raise CannotWrite("the links have a model of their own, and migfix can't tell what its other fields hold")
    if each.target == each.model.key:
        raise CannotWrite("it points at its own model, and either end of a link may be the row")
    if key.get("to_field") is not None or key.is_unconstrained:
        raise CannotWrite(f"the key has {'a to_field' if key.get('to_field') is not None else 'no constraint'}")
    return LinkTable.of(each.model, links, history.facts)


def _names(each: ReplacedRelation, taken: set[str], *ends: str) -> list[str]:
    """Free names for the functions."""
    names = [free_name(f"copy_{snake(each.model.name)}_{end.lower()}", taken) for end in ends]
    taken.update(names)
    return names
