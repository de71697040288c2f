"""Columns that become NOT NULL, and the values for rows with NULL in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from migfix.changes.altered_fields import AlteredField, altered_fields
from migfix.history import History
from migfix.history.fields import Field, configured_value
from migfix.history.model import Model
from migfix.rows.cannot_fix import CannotFix
from migfix.rows.functions.fill import Fill
from migfix.rows.own_values import called
from migfix.rows.placeholder_rows.check_constraint import allows
from migfix.rows.placeholder_rows.set_values import typed
from migfix.rows.placeholder_rows.values import TEXT, max_length, of_value
from migfix.rows.prepared import is_filled
from migfix.rows.unique_fields import alike_in_two_rows, is_computed
from migfix.source.formatting import literal
from migfix.source.migration import Literal, Migration, Name, Operation

FORBIDS = "# The column is about to forbid NULL."
LEFT = "Going back leaves these values where NULL was."
NO_DATA = "Django's value for no data"

_MOMENTS = frozenset({"django.utils.timezone.now", "datetime.date.today", "datetime.datetime.now"})


class CannotFill(CannotFix):
    """NULLs that migfix can't fill."""


@dataclass(frozen=True)
class Forbidden:
    """An AlterField from NULL to NOT NULL that Django doesn't fill, or fills with one value for all rows."""

    index: int
    op: Operation
    model: Model
    field: Field
    later: Model

    @property
    def label(self) -> str:
        return f"{self.model.label}.{self.field.name}"

    @property
    def old(self) -> Field:
        return self.model.fields[self.field.name]

    @property
    def is_computed(self) -> bool:
        return _differs(self.field)

    @property
    def is_shared(self) -> bool:
        """Whether Django gives one value to rows that must differ in it."""
        return _fills_itself(self.field) and bool(self.unique)

    @property
    def unique(self) -> tuple[str, ...]:
        """The fields that must be unique together and that one value for all rows could break."""
        return alike_in_two_rows(self.field, self.model, self.later)


def forbidden(migration: Migration, history: History) -> Iterator[Forbidden]:
    """Every such AlterField of a migration whose NULLs no other operation fills."""
    later = None
    for each in altered_fields(migration, history):
        old, field = each.old, each.new
        if not old.is_true("null") or field.is_true("null") or field.kind == "ManyToManyField":
            continue
        later = later or history.state_before(migration, len(migration.operations))
        found = Forbidden(each.index, each.op, each.model, field, later.models.get(each.model.key, each.model))
        if _fills_itself(field) and not (is_stuck(old, field) or found.is_shared):
            continue
        rule = "" if _is_second_column(each, history) else "MIG103"
        if not is_filled(migration, each.index, each.model, field.name, history, rule):
            yield found


def _is_second_column(each: AlteredField, history: History) -> bool:
    """Whether the field takes the place of one that forbade NULL: a step of any rule copies every value then."""
    before = history.state_before(each.migration).models.get(each.model.key)
    was = before.fields.get(each.new.name) if before else None
    return was is not None and not was.is_true("null") and len(list(each.earlier_names())) > 1


def _fills_itself(field: Field) -> bool:
    """Whether Django's own AlterField fills the NULLs, with a default that is one value."""
    return field.default is not None and not _differs(field)


def is_stuck(old: Field, field: Field) -> bool:
    """Whether going back fails, because the old type can't hold the text that Django fills in by default."""
    default = field.default
    is_text = isinstance(default, Literal) and isinstance(default.value, str)
    is_other = old.kind not in TEXT and not old.is_relation and "." not in old.kind
    return isinstance(default, Literal) and is_text and is_other and not can_hold(old, default.value)


def can_hold(field: Field, value: object) -> bool:
    """Whether a column can hold a value of another type. False if that isn't certain."""
    if field.kind in TEXT:
        room = max_length(field)
        return isinstance(value, str) and (room is None or len(value) <= room)
    if field.kind == "BooleanField":
        return value in (0, 1)
    is_small = str(value).lstrip("-").isdigit() and abs(int(str(value))) <= SMALLEST
    return is_small and (field.is_integer or field.kind in ("FloatField", "DecimalField"))


SMALLEST = 32767
"""The largest number of a SmallIntegerField."""


def _differs(field: Field) -> bool:
    """Whether each row should get a different value. A moment, or the row of a foreign key, may be the same for all."""
    default = field.get("default")
    is_shared = (field.is_key and not field.is_unique) or (isinstance(default, Name) and default.dotted in _MOMENTS)
    return is_computed(default) and not is_shared


def fill_of(migration: Migration, each: Forbidden, history: History) -> tuple[Fill, tuple[str, ...]]:
    """The fill, and the ``--set`` names that it uses. Raises CannotFill, CannotWrite."""
    configured = configured_value(history.facts, each.model.label, each.field.name)
    if each.is_computed and not configured:
        return replace(called(migration, each.model, each.field, FORBIDS), left=LEFT), ()
    set_flag = f"--set {each.label}=VALUE"
    by_hand = "fill the column in your own RunPython before it"
    if each.old.is_unique and not each.field.is_unique:  # Django drops the constraint after the fill
        raise CannotFill("it is unique up to here, so rows can't share one value", f"Drop that first, or {by_hand}.")
    if each.unique:
        whose = "it is unique" if len(each.unique) == 1 else f"{', '.join(each.unique)} must be unique together"
        raise CannotFill(f"{whose}, so rows can't share one value", f"Give it a callable default, or {by_hand}.")
    if configured:
        written = of_value(typed(configured, each.field), each.field)
        return _for_all(each, written.code, "as you set it", written.imports), (configured[0],)
    if isinstance(each.field.default, Literal):
        written = of_value(each.field.default.value, each.field)
        return _for_all(each, written.code, "its default", written.imports), ()
    if each.field.kind not in TEXT:
        raise CannotFill("migfix can't choose a value for its NULLs", f"Set one with {set_flag}, or {by_hand}.")
    if not all(allows(model, each.field.name, "") for model in (each.model, each.later)):
        raise CannotFill("its check constraint doesn't allow ''", f"Set a value with {set_flag}, or {by_hand}.")
    return _for_all(each, literal(""), NO_DATA), ()


def _for_all(each: Forbidden, code: str, reason: str, imports: tuple[tuple[str, str | None], ...] = ()) -> Fill:
    return Fill(each.model, each.field.name, code, FORBIDS, is_for_all=True, left=LEFT, imports=imports, reason=reason)
