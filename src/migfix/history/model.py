"""A historical model, and how it is built from a CreateModel."""

from __future__ import annotations

from dataclasses import dataclass, field

from migfix.history.fields import Field, model_key
from migfix.project.facts import Facts
from migfix.source.migration import Dictionary, Key, Literal, Migration, Operation, Sequence, Value


@dataclass(frozen=True)
class Model:
    """A historical model."""

    app: str
    name: str
    fields: dict[str, Field]
    options: dict[str, Value] = field(default_factory=dict)
    bases: tuple[Value, ...] = ()
    managers: Value | None = None
    made_by: Key = ("", "")
    """The migration with its CreateModel."""

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"

    @property
    def key(self) -> Key:
        return self.app, self.name.lower()

    @property
    def table(self) -> str:
        value = self.options.get("db_table")
        return str(value.value) if isinstance(value, Literal) and value.value else f"{self.app}_{self.name.lower()}"

    @property
    def has_own_table(self) -> bool:
        """Whether Django manages a table for it. It doesn't for proxies and unmanaged models."""
        return self.options.get("proxy") != Literal(True) and self.options.get("managed") != Literal(False)

    @property
    def primary_key(self) -> Field | None:
        return next((each for each in self.fields.values() if each.is_true("primary_key")), None)

    def parents(self, facts: Facts) -> tuple[Key, ...]:
        """The concrete models it inherits from."""
        return tuple(key for base in self.bases if (key := model_key(base, self.app, "", facts)))

    @property
    def has_managers(self) -> bool:
        return isinstance(self.managers, Sequence) and bool(self.managers.items)


def created_model(migration: Migration, op: Operation) -> Model:
    """The model that a CreateModel creates."""
    fields = op.arguments.get("fields")
    pairs = [item.items for item in fields.items if isinstance(item, Sequence)] if isinstance(fields, Sequence) else []
    named = [(pair[0].value, pair[1]) for pair in pairs if len(pair) == 2 and isinstance(pair[0], Literal)]
    options, bases = op.arguments.get("options"), op.arguments.get("bases")
    return Model(
        app=migration.app,
        name=op.text("name"),
        fields={str(name): Field(str(name), value) for name, value in named},
        options=by_name(options),
        bases=bases.items if isinstance(bases, Sequence) else (),
        managers=op.arguments.get("managers"),
        made_by=migration.key,
    )


def by_name(value: Value | None) -> dict[str, Value]:
    """The items of a dictionary whose keys are constants; empty for any other value."""
    return {str(k.value): v for k, v in value.pairs if isinstance(k, Literal)} if isinstance(value, Dictionary) else {}


def items_of(value: Value | None) -> tuple[Value, ...]:
    """The items of a list, tuple or set; empty for any other value."""
    return value.items if isinstance(value, Sequence) else ()
