"""A model that was renamed, but is deleted and created again: the table and its rows would go."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.replaced_models import ReplacedModel, replaced_models
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.fields import Field, field_of, said_of
from migfix.history.model import Model
from migfix.rules.keep_renamed_column import RULE
from migfix.source.edits import Edit, Insert, Remove
from migfix.source.formatting import literal
from migfix.source.migration import Call, Key, Migration, Operation
from migfix.source.text import comments_above, text_between
from migfix.source.writer import Writer
from migfix.splitting.split import cleared


def renamed_models(migration: Migration, history: History) -> Iterator[Finding]:
    """A finding for each model of a migration that was renamed, or perhaps was."""
    done: set[int] = set()
    for each in replaced_models(migration, history):
        if {each.deleted, each.created} & done:
            continue
        said = said_of(history.facts.renamed, each.old.label)
        if said is not None and said[1].lower() == each.new.name.lower():
            done |= {each.deleted, each.created}
            yield _renamed(migration, each, history)
        elif said is None and each.is_alike:
            done |= {each.deleted, each.created}
            yield _asked(migration, each)


def _asked(migration: Migration, each: ReplacedModel) -> Refusal:
    why = f"{each.old.label} is deleted and {each.new.name} is created. If the model was renamed, its rows are lost."
    renamed = f"If it was renamed, pass --renamed {each.old.label}={each.new.name}."
    next_step = f"{renamed} If not, accept this with `# migfix: ignore[MIG109]`."
    return Refusal(RULE.code, migration.path, each.delete.line, why, next_step)


def _renamed(migration: Migration, each: ReplacedModel, history: History) -> Finding:
    why = f"CreateModel and DeleteModel lose the rows of {each.old.label}, which becomes {each.new.label}."
    if different := _differences(each, history):
        apart = "Rename it in a migration of its own, and change the rest in the next one."
        return Refusal(RULE.code, migration.path, each.delete.line, f"{why[:-1]}, but {different} changes.", apart)
    writer = Writer(migration, is_its_own=True)
    names = ("old_name", literal(each.old.name)), ("new_name", literal(each.new.name))
    code = writer.operation("RenameModel", *names)
    gone = [op for op in migration.operations if op.model in (each.old.name.lower(), each.new.name.lower())]
    gone += _pointed_again(migration, each, history)
    comment = "\n".join(comments_above(migration.source, each.create.line)) or None
    edits: list[Edit] = [
        *(Remove(migration.path, op.where) for op in gone),
        Insert(migration.path, ("operations", each.created), code, comment),
        *writer.edits,
        *cleared(migration, (), [text_between(migration.source, op.value.span) for op in gone], code),
    ]
    wrote = "renames the table instead, so that every row stays."
    return Rewrite(RULE.code, migration.path, each.delete.line, why, wrote, tuple(edits), used_values=(each.old.label,))


def _differences(each: ReplacedModel, history: History) -> str:
    """What else differs between the two models; "" if nothing."""
    for name in {**each.old.fields, **each.new.fields}:
        fields = [model.fields.get(name) for model in (each.old, each.new)]
        if fields[0] is None or fields[1] is None or not _is_same(fields[0], fields[1], each, history):
            return f"its field {name}"
    old, new = ({name: model.options[name] for name in model.options} for model in (each.old, each.new))
    name = next((name for name in {**old, **new} if old.get(name) != new.get(name)), "")
    return f"its option {name}" if name else "its base class" if each.old.bases != each.new.bases else ""


def _is_same(old: Field, new: Field, each: ReplacedModel, history: History) -> bool:
    """Whether two fields are the same, also if each points at its own model."""
    if old.value == new.value:
        return True
    targets = _target(old, each.old, history), _target(new, each.new, history)
    return targets == (each.old.key, each.new.key) and _rest(old) == _rest(new)


def _target(field: Field, model: Model, history: History) -> Key | None:
    return field.target(*model.key, history.facts)


def _rest(field: Field) -> object:
    """A relation without its target."""
    if not isinstance(field.value, Call):
        return field.value
    return field.value.func, [each for each in field.value.arguments if each.keyword not in (None, "to")]


def _pointed_again(migration: Migration, each: ReplacedModel, history: History) -> list[Operation]:
    """The AlterFields that only point a relation at the new model. RenameModel does that."""
    found = []
    for _, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind == "AlterField" else None
        old = model.fields.get(op.text("name")) if model else None
        if model is None or old is None or model.key in (each.old.key, each.new.key):
            continue
        targets = _target(old, model, history), _target(field_of(op), model, history)
        if targets == (each.old.key, each.new.key) and _rest(old) == _rest(field_of(op)):
            found.append(op)
    return found
