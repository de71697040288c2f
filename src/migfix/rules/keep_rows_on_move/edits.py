"""Moves a model's table to another app, as edits of several files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from migfix.history import History
from migfix.history.dependencies import CONTRIB, dependency_edit, is_guaranteed
from migfix.history.model import items_of
from migfix.rows.create_model import as_it_stands, created_as
from migfix.rows.functions.data_step import step_edits
from migfix.rules.keep_rows_on_move.move import (
    CannotMove,
    Move,
    configured_moves,
    demand_alone,
    difference,
    renamed_indexes,
    state_only,
)
from migfix.source.edits import AddImport, Comment, Edit, Insert, Remove, Replace
from migfix.source.edits import Move as MoveOperation
from migfix.source.formatting import free_name, literal, render, snake
from migfix.source.migration import Migration, Operation
from migfix.source.writer import Writer

TAKEN = "The rows stay in their table, which was that of {}."
HANDED = "Their table and rows are those of {} now."
CONTENT_TYPES = ("contenttypes", CONTRIB["contenttypes"])


def move_edits(move: Move, migrations: tuple[Migration, ...], history: History) -> tuple[list[Edit], bool]:
    """The edits of all files, and whether the content type is renamed as well. Raises CannotMove, CannotWrite."""
    moved_models = configured_moves(history.facts)
    if move.old.name.lower() != move.new.name.lower():
        raise CannotMove("it gets another name at the same time; rename it in a separate migration")
    for op in move.creating.operations:
        if op.kind not in ("CreateModel", "") and op.model == move.new.key[1]:
            raise CannotMove(f"{move.creating.name} also changes the new table (line {op.line})")
    if found := difference(move.old, move.new, moved_models, history.facts):
        raise CannotMove(f"the two differ in {found}")
    demand_alone(move, history.state_before(move.deleting), history.facts)
    apart = state_only(move, migrations, history)
    has_type = _knows_content_types(move.creating, history)
    edits = [*_taken(move), *(_content_type(move) if has_type else ()), *_order(move, has_type, history)]
    for key, ops in apart.items():
        migration = history.migration(key)
        assert migration is not None
        edits += _handed(migration, ops, move)
    return edits, has_type


def _taken(move: Move) -> Iterator[Edit]:
    """Create the new model in the state, on the old table. Then rename the table and its indexes."""
    migration, op = move.creating, move.created
    writer = Writer(migration)
    place = ("operations", migration.operations.index(op) + 1)
    fields = {name: name for name in move.new.fields}
    options = {"db_table": literal(move.old.table)}
    if items_of(move.old.options.get("indexes")):
        options["indexes"] = render(writer.code(move.old.options["indexes"]), 8)
    created = created_as(migration, op, fields, options)
    yield Replace(migration.path, op.where, writer.apart(state_operations=[created]))
    yield Comment(migration.path, op.where, TAKEN.format(move.old.label))
    model = literal(move.new.key[1])
    if move.new.table != move.old.table:
        table = literal(move.new.table) if "db_table" in move.new.options else "None"
        yield Insert(migration.path, place, writer.operation("AlterModelTable", ("name", model), ("table", table)))
    for old, new in renamed_indexes(move.old, move.new):
        names = (("model_name", model), ("new_name", literal(new)), ("old_name", literal(old)))
        yield Insert(migration.path, place, writer.operation("RenameIndex", *names))
    yield from writer.edits


def _handed(migration: Migration, ops: list[Operation], move: Move) -> Iterator[Edit]:
    """Make operations change only the state. Consecutive ones become one operation."""
    places = sorted(migration.operations.index(op) for op in ops)
    starts = [places[0], *(each for before, each in pairwise(places) if each != before + 1)]
    writer = Writer(migration)
    for start in starts:
        group = [place for place in places if place >= start and all(each in places for each in range(start, place))]
        codes = []
        for place in group:
            op = migration.operations[place]
            codes.append(as_it_stands(migration, op, has_comments=place != start))
            yield from [Remove(migration.path, op.where)] if place != start else []
        where = migration.operations[start].where
        yield Replace(migration.path, where, writer.apart(state_operations=codes))
        yield Comment(migration.path, where, HANDED.format(move.new.label))
        if (first := _first_on_the_table(migration, start)) < start:
            yield MoveOperation(migration.path, where, first)


def _first_on_the_table(migration: Migration, index: int) -> int:
    """The index of the first operation on the table whose foreign key is repointed at ``index``.

    Until the key is repointed, the state has the old name of the table that it points at, and SQLite would remake the
    key's own table with that name. Raises CannotMove.
    """
    following = migration.operations[index]
    earlier = [i for i, op in enumerate(migration.operations[:index]) if op.model == following.model]
    if following.kind != "AlterField" or not earlier:
        return index
    name = following.text("name")
    if any(name in (migration.operations[i].text("name"), migration.operations[i].text("new_name")) for i in earlier):
        raise CannotMove(f"{migration.name} changes {following.model}.{name} before the move")
    return earlier[0]


def _order(move: Move, has_type: bool, history: History) -> Iterator[Edit]:
    """Create the new model after the old table's last change, and delete the old one after that. Raises CannotMove."""
    creating, deleting = move.creating, move.deleting
    if has_type and not is_guaranteed(creating, CONTENT_TYPES, history):
        yield dependency_edit(creating, CONTENT_TYPES)
    if is_guaranteed(creating, deleting.key, history):
        return
    for key in history.own_parents(deleting):
        parent = history.migration(key)
        if parent is None or parent.app != deleting.app or is_guaranteed(creating, key, history):
            continue
        if creating.key == parent.key or history.runs_before(creating.key, parent):
            raise CannotMove(f"{'.'.join(key)} depends on {'.'.join(creating.key)}, which would have to come after it")
        yield dependency_edit(creating, key)
    if not is_guaranteed(deleting, creating.key, history):
        yield dependency_edit(deleting, creating.key)


def _knows_content_types(migration: Migration, history: History) -> bool:
    """Whether django.contrib.contenttypes is surely installed: the settings have it, or a migration depends on it."""
    if history.installs("django.contrib.contenttypes"):
        return True
    return any(
        each.key and each.key[0] in ("contenttypes", "auth", "admin")
        for other in (migration, *history.mentioning("contenttypes"), *history.mentioning("auth"))
        for each in other.dependencies
    )


def _content_type(move: Move) -> Iterator[Edit]:
    """The RunPython that renames the content type, and its functions."""
    migration = move.creating
    what = f"{snake(move.new.name)}_content_type"
    rename, forward, back = (free_name(f"{verb}_{what}", migration.bound) for verb in ("rename", "move", "return"))
    old, new, model = literal(move.old.app), literal(move.new.app), literal(move.new.key[1])
    functions = [
        [
            f"def {rename}(apps, schema_editor, old, new):",
            "    # Permissions and generic relations point at this row, so it stays and is renamed.",
            "    alias = schema_editor.connection.alias",
            '    ContentType = apps.get_model("contenttypes", "ContentType")',
            "    if not router.allow_migrate_model(alias, ContentType):",
            "        return",
            f"    types = ContentType.objects.using(alias).filter(model={model})",
            "    if types.filter(app_label=old).exists():",
            "        types.filter(app_label=new).delete()  # made by post_migrate in between",
            "        types.filter(app_label=old).update(app_label=new)",
        ],
        [f"def {forward}(apps, schema_editor):", f"    {rename}(apps, schema_editor, {old}, {new})"],
        [f"def {back}(apps, schema_editor):", f"    {rename}(apps, schema_editor, {new}, {old})"],
    ]
    index = migration.operations.index(move.created) + 1
    yield from step_edits(migration, index, forward, *("\n".join(each) + "\n" for each in functions), reverse=back)
    yield AddImport(migration.path, "django.db", "router")
