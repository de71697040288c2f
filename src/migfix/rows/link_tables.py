"""Many-to-many fields that get or lose a ``through`` model, and the table that holds their links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.fields import Field, field_of, model_key
from migfix.history.model import Model
from migfix.history.state import State
from migfix.project.facts import Facts
from migfix.rows.cannot_fix import CannotFix
from migfix.rows.placeholder_rows.values import AUTO
from migfix.source.migration import Key, Literal, Migration, Operation, Sequence

CLOSES = frozenset(["RemoveField", "RemoveIndex", "RemoveConstraint", "AlterUniqueTogether", "AlterIndexTogether"])
"""The operations that makemigrations writes for a model before its DeleteModel."""
LONGEST = 63
"""PostgreSQL's limit for a name; Django shortens longer ones with a hash."""
_OF_THE_COLUMN = ("db_column", "db_constraint", "db_index", "null", "to_field", "unique")


class CannotKeep(CannotFix):
    """Links that migfix can't keep."""


@dataclass(frozen=True)
class LinkTable:
    """The table that Django creates for a many-to-many field without ``through``, and the names of its two keys."""

    name: str
    source: str
    target: str

    @classmethod
    def of(cls, model: Model, field: Field, facts: Facts) -> LinkTable:
        """The table of a field, as in ``create_many_to_many_intermediary_model`` in django/db/models/fields/related.py.

        Raises CannotKeep.
        """
        key = field.target(*model.key, facts)
        if key is None:
            raise CannotKeep("migfix can't read its target", BY_HAND)
        option = field.get("db_table")
        name = str(option.value) if isinstance(option, Literal) and option.value else f"{model.table}_{field.name}"
        if len(name) > LONGEST:
            raise CannotKeep("Django shortens the name of its table differently on each engine", BY_HAND)
        if key[1] == model.key[1]:
            return cls(name, f"from_{model.key[1]}", f"to_{key[1]}")
        return cls(name, model.key[1], key[1])


BY_HAND = "Write the operations by hand: a state-only CreateModel on the old table, then AlterModelTable and AddField."


@dataclass(frozen=True)
class ThroughChange:
    """An AlterField that adds a through model to a many-to-many field, or removes it."""

    index: int
    op: Operation
    model: Model
    old: Field
    new: Field
    through: Key
    is_gain: bool

    @property
    def label(self) -> str:
        return f"{self.model.label}.{self.new.name}"


def changes(migration: Migration, history: History) -> Iterator[tuple[ThroughChange, State]]:
    """Every AlterField of a migration that adds or removes a through model, with the state before the file."""
    first: State | None = None
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind == "AlterField" else None
        old = model.fields.get(op.text("name")) if model else None
        new = field_of(op)
        if model is None or old is None or not (old.kind == new.kind == "ManyToManyField"):
            continue
        before, after = (model_key(each.get("through"), *model.key, history.facts) for each in (old, new))
        if (before is None) == (after is None):
            continue
        first = first or history.state_before(migration)
        through = before or after
        assert through is not None
        yield ThroughChange(index, op, model, old, new, through, before is None), first


def linking_fields(change: ThroughChange, through: Model, facts: Facts) -> tuple[str, str]:
    """The two keys of the through model that replace those of the link table. Raises CannotKeep."""
    old, new = (each.target(*change.model.key, facts) for each in (change.old, change.new))
    if old != new and old and new:
        reason = f"it points at {'.'.join(new)} then, and the links hold the numbers of {'.'.join(old)}"
        raise CannotKeep(reason, "Add a new field for the other model, and fill it in your own RunPython.")
    field = change.new if change.is_gain else change.old
    option = field.get("through_fields")
    if isinstance(option, Sequence) and len(option.items) == 2:
        names = [str(item.value) for item in option.items if isinstance(item, Literal)]
    else:
        to = field.target(*change.model.key, facts)
        keys = [each for each in through.fields.values() if each.is_key]
        if to == change.model.key:
            # makemigrations sorts the keys of a CreateModel, and Django takes the first one in models.py as the source.
            own = [each.name for each in keys if each.target(*through.key, facts) == to]
            raise CannotKeep(
                f"which of {' and '.join(own)} is the model's own end of a link is up to their order in models.py",
                f'Name both in the field: through_fields=("{own[0]}", "{own[-1]}") if {own[0]} is the own end, else '
                "the other way round.",
            )
        sources = [each.name for each in keys if each.target(*through.key, facts) == change.model.key]
        targets = [
            each.name for each in keys if each.target(*through.key, facts) == to and each.name not in sources[:1]
        ]
        names = [*sources[:1], *targets[:1]]
    if len(names) != 2 or any(name not in through.fields for name in names):
        raise CannotKeep(f"migfix can't determine which two keys of {through.label} are the links", BY_HAND)
    for name in names:
        given = [each for each in _OF_THE_COLUMN if through.fields[name].get(each) not in (None, Literal(False))]
        if given or through.fields[name].kind != "ForeignKey":
            what = f"{name} has {given[0]}" if given else f"{name} is a {through.fields[name].kind}"
            raise CannotKeep(f"{what}, which Django's own link table doesn't have", BY_HAND)
    return names[0], names[1]


def demand_plain_id(through: Model) -> None:
    """Raises CannotKeep unless the primary key is an automatic ``id``, as in Django's own link table."""
    key = through.primary_key
    if key is None or key.kind not in AUTO or key.column != "id":
        raise CannotKeep(f"the primary key of {through.label} isn't the automatic id of Django's link table", BY_HAND)


def is_required(field: Field) -> bool:
    """Whether a new column has no value for existing links."""
    filled = ("auto_now", "auto_now_add", "null")
    if field.kind == "ManyToManyField" or field.default is not None or any(map(field.is_true, filled)):
        return False
    return not (
        field.is_true("blank") and field.kind in ("CharField", "TextField", "SlugField", "URLField", "EmailField")
    )


def pointing_at(state: State, key: Key, but: tuple[Key, str]) -> list[str]:
    """The fields of other models that point at a model, except ``but``."""
    return [
        f"{other.label}.{field.name}"
        for other, field in state.models.related_to(key, state.facts)
        if other.key != key and (other.key, field.name) != but
    ]
