"""Models that are deleted in one app and created in another with the same fields: their rows would be lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migfix.history import History
from migfix.history.fields import Field, field_of, together
from migfix.history.model import Model, created_model, items_of
from migfix.history.state import State
from migfix.project.facts import Facts
from migfix.rows.link_tables import CLOSES
from migfix.source.data_functions.lookups import models_named
from migfix.source.data_functions.sql import statements
from migfix.source.migration import Argument, Call, Key, Literal, Migration, Name, Operation, Sequence, Value

_CLOSES = CLOSES | {"DeleteModel"}
"""The operations that makemigrations writes for a model that it deletes."""
_SAME = ("order_with_respect_to", "db_tablespace")


class CannotMove(Exception):
    """Why a move can't be written."""


@dataclass(frozen=True)
class Move:
    """A DeleteModel and a CreateModel that may be the same model."""

    old: Model
    new: Model
    deleting: Migration
    deleted: Operation
    creating: Migration
    created: Operation
    is_confirmed: bool
    unnamed: str = ""
    """The file with the CreateModel, if it wasn't named and migfix can't determine whether it is deployed."""


def moves(migrations: tuple[Migration, ...], history: History) -> Iterator[Move]:
    """Every move that was passed, and every pair that looks like one: the same name and fields."""
    texts = (b"DeleteModel", b"CreateModel", b"Run")
    files = {each.key: each for text in texts for each in _new(migrations, text, history)}
    unnamed = {each.key: each for each in _unnamed(migrations, history) if each.key not in files}
    moved_models = configured_moves(history.facts)
    by_label: dict[str, list[tuple[Migration, Operation]]] = {}
    for creating in (*files.values(), *unnamed.values()):
        for created in creating.operations:
            if created.kind == "CreateModel":
                for label in (f"{creating.app}.{created.model}", created.model):
                    by_label.setdefault(label, []).append((creating, created))
    for deleting in files.values():
        for deleted in [op for op in deleting.operations if op.kind == "DeleteModel"]:
            closing = closing_files(deleting, deleted.model, history)
            old = history.state_before(closing[-1]).models.get((deleting.app, deleted.model))
            if old is None or not old.has_own_table:
                continue
            confirmed = moved_models.get(old.label.lower(), "")
            for creating, created in dict.fromkeys((*by_label.get(confirmed, ()), *by_label.get(deleted.model, ()))):
                new = created_model(creating, created)
                is_confirmed = confirmed == new.label.lower()
                if creating.app == deleting.app:
                    continue
                end = history.state_after(creating).models.get(new.key, new)
                is_move = is_confirmed or _looks_alike(old, end, moved_models, history.facts)
                if is_move and not _is_copied(old, new, files.values()):
                    path = creating.path if creating.key in unnamed else ""
                    yield Move(old, new, deleting, deleted, creating, created, is_confirmed, path)


def configured_moves(facts: Facts) -> dict[str, str]:
    """Old label -> new label, in lower case, of the models passed with ``--moved`` or [tool.migfix.moved]."""
    return {old.lower(): new.lower() for old, new in facts.moved.items()}


def closing_files(deleting: Migration, model: str, history: History) -> list[Migration]:
    """The file with the DeleteModel, and those before it that only remove the model's fields, indexes and the like."""
    found, above = [deleting], deleting
    while True:
        parents = [history.migration(key) for key in history.own_parents(above)]
        parent = parents[0] if len(parents) == 1 else None
        if parent is None or not history.is_new(parent):
            return found
        own = [op for op in parent.operations if op.model == model]
        if any(op.kind not in CLOSES for op in own):
            return found
        found += [parent] if own else []
        above = parent


def _new(migrations: tuple[Migration, ...], text: bytes, history: History) -> list[Migration]:
    """The named files, and other files that aren't deployed, that contain ``text``."""
    if not any(b"DeleteModel" in each.source or b"CreateModel" in each.source for each in migrations):
        return []
    return [*(each for each in migrations if text in each.source), *history.new_mentioning(text.decode())]


def _unnamed(migrations: tuple[Migration, ...], history: History) -> Iterator[Migration]:
    """Files with a CreateModel that don't run before the named ones, if git can't determine which are deployed."""
    if history.knows_deployed or not any(b"DeleteModel" in each.source for each in migrations):
        return
    for each in history.mentioning("CreateModel"):
        if not any(history.runs_before(each.key, migration) for migration in migrations):
            yield each


def _is_copied(old: Model, new: Model, files: Iterable[Migration]) -> bool:
    """Whether a RunPython or RunSQL of these files uses both models, so that the rows are moved by hand."""
    for each in files:
        for op in each.walk():
            code = op.arguments.get("code")
            if op.kind == "RunPython" and code is not None and {old.key, new.key} <= models_named(each, code):
                return True
            texts = " ".join(statements(op.arguments.get("sql")) or ()) if op.kind == "RunSQL" else ""
            if old.table in texts and new.table in texts:
                return True
    return False


def _looks_alike(old: Model, new: Model, moved_models: Mapping[str, str], facts: Facts) -> bool:
    return old.name.lower() == new.name.lower() and other_fields(old, new, moved_models, facts) is None


def other_fields(old: Model, new: Model, moved_models: Mapping[str, str], facts: Facts) -> str | None:
    """The fields in which the two differ, or None."""
    moved = {_key(before): _key(after) for before, after in moved_models.items()} | {old.key: new.key}
    if old.fields.keys() != new.fields.keys():
        return f"the fields {', '.join(sorted(old.fields.keys() ^ new.fields.keys()))}"
    for name, field in old.fields.items():
        if shape(field, old.key, moved, facts) != shape(new.fields[name], new.key, {}, facts):
            return f"the field {name}"
    return None


def difference(old: Model, new: Model, moved_models: Mapping[str, str], facts: Facts) -> str | None:
    """What the two tables differ in, or None."""
    if found := other_fields(old, new, moved_models, facts):
        return found
    for name in ("unique_together", "index_together"):
        if together(old.options.get(name)) != together(new.options.get(name)):
            return name
    before, after = (items_of(each.options.get("constraints")) for each in (old, new))
    if len(before) != len(after) or any(each not in after for each in before):
        return "the constraints"
    if any(old.options.get(name, Literal(None)) != new.options.get(name, Literal(None)) for name in _SAME):
        return "the options"
    try:
        renamed_indexes(old, new)
    except CannotMove as reason:
        return str(reason)
    return None


def _key(label: str) -> Key:
    app, _, name = label.lower().partition(".")
    return app, name


def shape(field: Field, owner: Key, moved: Mapping[Key, Key], facts: Facts) -> object:
    """The field as a value that is equal for equal columns, with the keys of moved models replaced.

    A function that moved with the model, from ``library.models`` to ``crm.models``, counts as the same.
    """
    if not isinstance(field.value, Call):
        return field.value
    related = tuple(moved.get(key, key) for key in field.related(*owner, facts))
    if not related:
        return wherever(field.value)
    rest = {
        arg.keyword: wherever(arg.value) for arg in field.value.arguments if arg.keyword not in ("to", "through", None)
    }
    return field.value.func, related, rest


def wherever(value: Value) -> Value:
    """The value with the app removed from names in an app's ``models`` module."""
    match value:
        case Name(dotted=dotted) if ".models." in dotted and not dotted.startswith("django."):
            return Name(f"models.{dotted.partition('.models.')[2]}")
        case Call(func=func, arguments=arguments):
            return Call(func, tuple(Argument(each.keyword, wherever(each.value)) for each in arguments))
        case Sequence(kind=kind, items=items):
            return Sequence(kind, tuple(map(wherever, items)))
    return value


def renamed_indexes(old: Model, new: Model) -> list[tuple[str, str]]:
    """Old and new name of each index whose name Django derives from the table. Raises CannotMove."""
    before, after = (list(items_of(each.options.get("indexes"))) for each in (old, new))
    found = []
    for index in after:
        same = next((each for each in before if _nameless(each) == _nameless(index)), None)
        if same is None:
            raise CannotMove("the indexes")
        before.remove(same)
        names = [each.keyword("name") for each in (same, index) if isinstance(each, Call)]
        texts = [str(name.value) for name in names if isinstance(name, Literal)]
        if len(texts) != 2:
            raise CannotMove("the names of the indexes")
        found += [(texts[0], texts[1])] if texts[0] != texts[1] else []
    if before:
        raise CannotMove("the indexes")
    return found


def _nameless(index: Value) -> Value:
    if not isinstance(index, Call):
        return index
    return Call(index.func, tuple(arg for arg in index.arguments if arg.keyword != "name"))


def state_only(move: Move, migrations: tuple[Migration, ...], history: History) -> dict[Key, list[Operation]]:
    """The operations that must change only the state, by migration: removals of the old model, and repointed keys.

    Raises CannotMove.
    """
    found: dict[Key, list[Operation]] = {}
    for closing in closing_files(move.deleting, move.old.key[1], history):
        for op in closing.operations:
            if op.model == move.old.key[1]:
                if op.kind not in _CLOSES:
                    raise CannotMove(f"{closing.name} also changes the old table (line {op.line})")
                found.setdefault(closing.key, []).append(op)
    for each in {each.key: each for each in [*migrations, *history.new_mentioning("AlterField")]}.values():
        if any(op.kind == "AlterField" for op in each.operations):
            found.setdefault(each.key, []).extend(_following(move, each, history))
    return {key: ops for key, ops in found.items() if ops}


def _following(move: Move, migration: Migration, history: History) -> Iterator[Operation]:
    """The AlterFields that repoint a relation at the new model. Raises CannotMove."""
    facts = history.facts
    for _, op, state in history.states(migration):
        owner = (migration.app, op.model)
        model = state.models.get(owner) if op.kind == "AlterField" else None
        old = model.fields.get(op.text("name")) if model else None
        new = field_of(op)
        if old is None or move.old.key not in old.related(*owner, facts):
            continue
        if move.new.key not in new.related(*owner, facts):
            continue
        if shape(old, owner, {move.old.key: move.new.key}, facts) != shape(new, owner, {}, facts):
            raise CannotMove(f"{'.'.join(owner)}.{new.name} is repointed and also changes in other ways")
        yield op


def demand_alone(move: Move, state: State, facts: Facts) -> None:
    """Raises CannotMove if the model inherits from another one, or another one inherits from it or is its proxy."""
    if move.old.parents(facts) or move.new.parents(facts):
        raise CannotMove("it inherits from another model, whose table holds a part of its rows")
    for other in state.models.values():
        if move.old.key in other.parents(facts):
            kind = "a proxy of it" if other.options.get("proxy") == Literal(True) else "a model that inherits from it"
            raise CannotMove(f"{other.label} is {kind}")
