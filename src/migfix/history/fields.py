"""A field as a migration writes it: ``models.ForeignKey(to="blog.Category", default=1)``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from migfix.project.facts import Facts
from migfix.source.migration import Call, Key, Literal, Name, Operation, Sequence, Value

T = TypeVar("T")
SIZES = frozenset({"max_length", "max_digits", "decimal_places", "base_field", "to"})
_RELATIONS = ("ForeignKey", "OneToOneField", "ManyToManyField")


@dataclass(frozen=True)
class Field:
    """One field of a historical model."""

    name: str
    value: Value

    @cached_property
    def kind(self) -> str:
        """``ForeignKey`` for Django's own classes, the dotted path for others, "" if it can't be read."""
        if not isinstance(self.value, Call):
            return ""
        package, _, name = self.value.func.rpartition(".")
        return (
            name
            if package in ("django.db.models", "django.contrib.postgres.fields", "django.contrib.gis.db.models")
            else self.value.func
        )

    def get(self, name: str) -> Value | None:
        return self.value.keyword(name) if isinstance(self.value, Call) else None

    def is_true(self, name: str) -> bool:
        value = self.get(name)
        return isinstance(value, Literal) and value.value is True

    @property
    def is_relation(self) -> bool:
        return self.kind in _RELATIONS

    @property
    def is_key(self) -> bool:
        """Whether the field is a column that points at another row."""
        return self.kind in ("ForeignKey", "OneToOneField")

    @property
    def is_integer(self) -> bool:
        """Whether the field holds integers."""
        return "Integer" in self.kind or "AutoField" in self.kind

    @property
    def is_unconstrained(self) -> bool:
        """Whether the relation has no foreign key constraint: ``db_constraint=False``."""
        value = self.get("db_constraint")
        return isinstance(value, Literal) and value.value is False

    @property
    def is_parent_link(self) -> bool:
        return self.is_true("parent_link")

    @property
    def default(self) -> Value | None:
        """The default that existing rows get, or None. ``default=None`` counts as no default."""
        for name in ("default", "db_default"):
            value = self.get(name)
            if value is not None and value != Literal(None) and value != Name("django.db.models.NOT_PROVIDED"):
                return value
        return None

    @cached_property
    def is_unique(self) -> bool:
        return self.is_true("unique") or self.is_true("primary_key") or self.kind == "OneToOneField"

    def has_same_type(self, other: Field) -> bool:
        """Whether the columns of two fields have the same class and size."""
        return self.kind == other.kind and all(self.get(name) == other.get(name) for name in SIZES)

    @property
    def column(self) -> str:
        value = self.get("db_column")
        if isinstance(value, Literal) and isinstance(value.value, str):
            return value.value
        return f"{self.name}_id" if self.is_key else self.name

    def target(self, app: str, model: str, facts: Facts) -> Key | None:
        """The model that a relation points at, or None if it isn't a relation or can't be read."""
        if not self.is_relation or not isinstance(self.value, Call):
            return None
        return model_key(self.value.argument("to", 0), app, model, facts)

    def related(self, app: str, model: str, facts: Facts) -> tuple[Key, ...]:
        """Every model that the field names: its target, and the ``through`` model of a many-to-many field."""
        through = model_key(self.get("through"), app, model, facts) if self.kind == "ManyToManyField" else None
        return tuple(key for key in (self.target(app, model, facts), through) if key)


def field_of(op: Operation) -> Field:
    """The field that an AddField or AlterField writes."""
    return Field(op.text("name"), op.arguments.get("field", Literal(None)))


def model_key(value: Value | None, app: str, model: str, facts: Facts) -> Key | None:
    """The model named by ``"blog.Category"``, ``"Category"``, ``"self"``, ``settings.AUTH_USER_MODEL``."""
    match value:
        case Literal(value=str() as text):
            if text == "self":
                return app, model
            label, _, name = text.rpartition(".")
            return label or app, name.lower()
        case Name(dotted="django.conf.settings.AUTH_USER_MODEL"):
            return facts.auth_user or ("auth", "user")
        case Name(dotted=dotted) if dotted.startswith("django.conf.settings."):
            return facts.swapped.get(dotted.rpartition(".")[2])
    return None


def together(value: Value | None) -> frozenset[tuple[str, ...]]:
    """``unique_together`` or ``index_together``, in any spelling, as a set of tuples of field names."""
    if not isinstance(value, Sequence):
        return frozenset()
    if value.items and all(isinstance(item, Literal) for item in value.items):
        return frozenset({_strings(value)})
    return frozenset(_strings(item) for item in value.items if isinstance(item, Sequence))


def _strings(value: Sequence) -> tuple[str, ...]:
    return tuple(str(item.value) for item in value.items if isinstance(item, Literal))


def strings_in(value: Value | None) -> frozenset[str]:
    """Every string literal and keyword name inside a value: the places where a field can be named."""
    match value:
        case Literal(value=str() as text):
            return frozenset({text})
        case Call(arguments=arguments):
            return frozenset().union(
                *(strings_in(arg.value) for arg in arguments), {arg.keyword for arg in arguments if arg.keyword}
            )
        case Sequence(items=items):
            return frozenset().union(*map(strings_in, items))
    return frozenset()


def names_field(value: Value | None, field: str) -> bool:
    """Whether an index, constraint or condition names ``field``, also as ``"-f"``, ``"f__gt"`` or ``"f_id"``."""
    return any(text.lstrip("-").split("__")[0] in (field, f"{field}_id") for text in strings_in(value))


def configured_value(facts: Facts, label: str, field: str) -> tuple[str, object] | None:
    """The name and value given for ``app.Model.field`` by ``--set`` or [tool.migfix.values]; None if there is none."""
    return said_of(facts.values, f"{label}.{field}")


def said_of(options: Mapping[str, T], label: str) -> tuple[str, T] | None:
    """The name and value of an option for ``label``, whose case doesn't matter; None if there is none."""
    wanted = label.lower()
    return next(((name, value) for name, value in options.items() if name.lower() == wanted), None)
