"""Turns a many-to-many field's own table into that of its through model, or back, as edits."""

from __future__ import annotations

from typing import NamedTuple

from migfix.history import History
from migfix.history.fields import Field, configured_value
from migfix.history.model import Model, created_model, items_of
from migfix.history.state import State
from migfix.history.uniqueness import unique_sets
from migfix.rows.create_model import as_it_stands, created_as
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.variables import Variables
from migfix.rows.link_tables import (
    BY_HAND,
    CLOSES,
    CannotKeep,
    LinkTable,
    ThroughChange,
    demand_plain_id,
    is_required,
    linking_fields,
    pointing_at,
)
from migfix.rows.placeholder_rows.set_values import typed
from migfix.rules.keep_links_on_through.model_steps import IN_THE_DATABASE, Steps
from migfix.source.edits import AddImport, Comment, Edit, Insert, Remove, Replace
from migfix.source.formatting import free_name, literal, snake
from migfix.source.migration import Literal, Migration, Operation, Sequence
from migfix.source.text import comment_after, comments_above
from migfix.source.writer import Writer

STAYS = "The links stay in their table, which becomes that of {}."
GOES_BACK = "The links stay in their table, which becomes Django's own again."
DOUBLE = "Going back does not restore duplicate links."


class KeptLinks(NamedTuple):
    """The edits that keep the links, the new name of their table, and the names of ``--set`` that were used."""

    edits: tuple[Edit, ...]
    table: str
    used: tuple[str, ...] = ()


def gained(migration: Migration, change: ThroughChange, history: History) -> KeptLinks:
    """What keeps the links of a many-to-many field that gets a through model.

    Raises CannotKeep, CannotWrite.
    """
    created = _own(migration, "CreateModel", change)
    if created is None:
        raise CannotKeep("its through model isn't created in this file", "Copy the links in your own RunPython.")
    through, table = created_model(migration, created), LinkTable.of(change.model, change.old, history.facts)
    demand_plain_id(through)
    source, target = linking_fields(change, through, history.facts)
    writer = Writer(migration, is_its_own=True)
    steps = Steps(writer, through.key[1])
    renames = [*steps.renamed(table.source, source), *steps.renamed(table.target, target)]
    extra = [each for name, each in through.fields.items() if name not in (source, target, "id")]
    values = {each.name: _value_for(through, each, history) for each in extra}
    as_now = _as_now(migration, created, table, source, target)
    state = [as_now, as_it_stands(migration, change.op)]
    after = [steps.unique()]
    if through.table != table.name:
        after.append(steps.table(through.table if "db_table" in through.options else None))
    place = ("operations", migration.operations.index(created) + 1)
    edits: list[Edit] = [
        Replace(migration.path, created.where, writer.apart(state_operations=state)),
        Comment(migration.path, created.where, STAYS.format(through.name)),
        Remove(migration.path, change.op.where),
        *(Insert(migration.path, place, code) for code in [*after, *renames]),
    ]
    for each in extra:
        configured = values[each.name]
        default = Literal(typed(configured, each)) if configured else None
        comments = _comments_of(migration, created, each)
        edits.append(Insert(migration.path, place, steps.added(each, default), comments))
    edits += (Insert(migration.path, place, code) for code in steps.options_added(through))
    used = tuple(configured[0] for configured in values.values() if configured)
    return KeptLinks((*edits, *writer.edits), through.table, used)


def _as_now(migration: Migration, created: Operation, table: LinkTable, source: str, target: str) -> str:
    """The CreateModel of the through model, changed to match the table of the links as it is now."""
    names = {"id": "id", source: table.source, target: table.target}
    pair = f"{{({literal(table.source)}, {literal(table.target)})}}"
    left_out = {name: "" for name in IN_THE_DATABASE if name != "unique_together"}
    options = {"db_table": literal(table.name), "unique_together": pair} | left_out
    return created_as(migration, created, names, options)


def _own(migration: Migration, kind: str, change: ThroughChange) -> Operation | None:
    return next(
        (op for op in migration.operations if op.kind == kind and (migration.app, op.model) == change.through), None
    )


def _value_for(through: Model, field: Field, history: History) -> tuple[str, object] | None:
    """The value set for a new column. Raises CannotKeep if it is needed and not set."""
    configured = configured_value(history.facts, through.label, field.name)
    if not is_required(field):
        return None
    if configured is None or field.is_key or field.is_unique:
        label = f"{through.label}.{field.name}"
        raise CannotKeep(
            f"existing links have no value for {label}",
            f"Set one with --set {label}=VALUE, or give the field a default or null=True.",
        )
    return configured


def _comments_of(migration: Migration, op: Operation, field: Field) -> str | None:
    """The comments of a field that moves out of its CreateModel, joined into one."""
    pair = next(
        pair
        for pair in items_of(op.arguments.get("fields"))
        if isinstance(pair, Sequence) and pair.items[0] == Literal(field.name)
    )
    above = comments_above(migration.source, pair.span[0]) if pair.span[0] != op.line else ()
    found = [*above, comment_after(migration.source, pair.span)]
    return "\n".join(each.lstrip("# ") for each in found if each) or None


def lost(migration: Migration, change: ThroughChange, state: State, history: History) -> KeptLinks:
    """What keeps the links of a many-to-many field that loses its through model.

    Raises CannotKeep, CannotWrite.
    """
    deleted, through = _own(migration, "DeleteModel", change), state.models.get(change.through)
    if deleted is None or through is None:
        raise CannotKeep("its through model stays", "Copy the links in your own RunPython.")
    table = LinkTable.of(change.model, change.new, history.facts)
    demand_plain_id(through)
    source, target = linking_fields(change, through, history.facts)
    if others := pointing_at(state, through.key, (change.model.key, change.new.name)):
        raise CannotKeep(f"{', '.join(others)} points at {through.label}", BY_HAND)
    writer = Writer(migration)
    steps = Steps(writer, through.key[1])
    extra = [name for name in through.fields if name not in (source, target, "id")]
    codes = [*steps.options_removed(through), *map(steps.removed, extra)]
    codes += [*steps.renamed(source, table.source), *steps.renamed(target, table.target)]
    codes += [] if through.table == table.name else [steps.table(table.name)]
    codes.append(steps.unique(table.source, table.target))
    closing = [op for op in migration.operations if op.model == through.key[1] and op.kind in CLOSES]
    texts = [as_it_stands(migration, change.op, has_comments=False), as_it_stands(migration, deleted)]
    place = change.op.where
    single = (
        [] if _is_unique(through, {source, target}) else _single_links(migration, change.index, through, source, target)
    )
    edits = (
        *single,
        *(Insert(migration.path, place, code) for code in codes),
        Replace(migration.path, place, writer.apart(state_operations=texts)),
        Comment(migration.path, place, GOES_BACK),
        Remove(migration.path, deleted.where),
        *(Remove(migration.path, op.where) for op in closing),
        *writer.edits,
    )
    return KeptLinks(edits, table.name)


def _is_unique(through: Model, names: set[str]) -> bool:
    """Whether each pair can exist only once."""
    return any(set(each) <= names for each in unique_sets(through))


def _single_links(migration: Migration, index: int, through: Model, source: str, target: str) -> list[Edit]:
    """The RunPython that deletes duplicate links, except the first of each."""
    name = free_name(f"drop_double_{snake(through.name)}", migration.bound)
    variable = Variables((through,)).of(through)
    first, count = (free_name(each, set(through.fields)) for each in ("first", "count"))
    pair = f"{source}=pair[{literal(source)}], {target}=pair[{literal(target)}]"
    lines = [
        f"def {name}(apps, schema_editor):",
        "    # A plain many-to-many has each pair once; the oldest stays.",
        "    alias = schema_editor.connection.alias",
        f"    {variable} = apps.get_model({literal(through.app)}, {literal(through.name)})",
        f"    if not router.allow_migrate_model(alias, {variable}):",
        "        return",
        f"    rows = {variable}._base_manager.using(alias).order_by()",
        f"    pairs = rows.values({literal(source)}, {literal(target)}).annotate(",
        f"        {first}=models.Min({literal('pk')}), {count}=models.Count({literal('pk')})",
        "    )",
        f"    for pair in list(pairs.filter({count}__gt=1)):",
        f"        same = rows.filter({pair})",
        f"        same.exclude(pk=pair[{literal(first)}]).delete()",
    ]
    imports = [AddImport(migration.path, "django.db", each) for each in ("models", "router")]
    function = "\n".join(lines) + "\n"
    return [*step_edits(migration, index, name, function, is_elidable=True, comment=DOUBLE), *imports]
