"""What is known of an AlterField, facet by facet: type, size, NULL, uniqueness, relation, collation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from migfix.changes.altered_fields import AlteredField
from migfix.changes.compared import compared_by
from migfix.changes.field_options import OF_PYTHON
from migfix.changes.judged.constraints import TOO_LONG, has_long_entries, is_indexed, too_long_for_mysql
from migfix.changes.judged.default_rows import default_row, own_effects
from migfix.changes.judged.judgement import Judgement, Kind, combined, safe, unknown
from migfix.changes.type_facts import is_text, problems
from migfix.history import History
from migfix.history.fields import SIZES, Field, names_field
from migfix.history.uniqueness import unique_sets


def alteration(each: AlteredField, history: History, engines: Iterable[str]) -> Judgement:
    """The verdict on an AlterField of a column that may have values."""
    if each.old.value == each.new.value:
        return safe("the field doesn't change")
    changed = each.changed
    for question in _QUESTIONS:
        if why := question(each, history):
            # A step writes the values, but what rows with NULL get is another question.
            written = [_WRITTEN, *_facets(each, changed, history, engines)]
            return combined(written) if _is_written(each) else unknown(why)
    found = combined([_kind(each, engines, changed), *_facets(each, changed, history, engines)])
    return (
        _WRITTEN._replace(rules=found.rules) if found.kind is Kind.safe and found.rules and _is_written(each) else found
    )


_WRITTEN = Judgement(Kind.code, "a step of this file writes the column")


def _is_written(each: AlteredField) -> bool:
    """Whether a data function of the file writes the column: its author knows what becomes of the values."""
    written = {(one.model, one.column) for one in own_effects(each.migration)}
    if each.new.is_true("primary_key") and (each.model.key, "pk") in written:
        return True
    return any({(key, name), (key, f"{name}_id")} & written for key, name in each.earlier_names())


def _key(each: AlteredField, history: History) -> str:
    old, new = each.old, each.new
    if old.is_true("primary_key") != new.is_true("primary_key"):
        return f"the primary key of {each.model.label} changes"
    if (
        new.is_true("primary_key")
        and new.kind.endswith("AutoField")
        and not old.kind.endswith("AutoField")
        and history.facts.may_run_on("postgresql")
    ):
        return f"PostgreSQL numbers new rows of {each.model.label} from 1, whatever numbers its rows have"
    is_other = old.kind != new.kind and not (old.is_relation or new.is_relation)
    if new.is_true("primary_key") and is_other and not (old.is_integer and new.is_integer):
        return f"the primary key of {each.model.label} becomes a {new.kind}, and so do all keys that point at it"
    return ""


def _generated(each: AlteredField, history: History) -> str:
    is_generated = "GeneratedField" in (each.old.kind, each.new.kind)
    if each.old.kind == each.new.kind and each.changed <= OF_PYTHON:
        return ""
    return f"{each.label} is a generated field, which Django can't alter" if is_generated else ""


def _relation(each: AlteredField, history: History) -> str:
    old, new = each.old, each.new
    if not (old.is_relation or new.is_relation):
        return ""
    if (old.kind == "ManyToManyField") != (new.kind == "ManyToManyField"):
        return f"Django can't alter {each.label}, because one of its two fields is a ManyToManyField"
    if not (old.is_relation and new.is_relation):
        become = "is a foreign key now, and existing values may point at no row"
        return f"{each.label} {become if new.is_relation else 'is no relation any more, and keeps its keys as values'}"
    if each.targets[0] != each.targets[1] and not each.points_at_parent(history):
        return f"{each.label} points at another model, and keys keep their numbers"
    if each.to_fields[0] != each.to_fields[1]:
        return f"{each.label} points at another field, and keys keep their values"
    if old.is_unconstrained and not new.is_unconstrained and not _had_constraint(each, history):
        return f"{each.label} gets a foreign key constraint, and existing keys may point at no row"
    return ""


def _other_class(each: AlteredField, history: History) -> str:
    if "." not in each.old.kind + each.new.kind:
        return ""
    if each.old.kind == each.new.kind and each.changed <= OF_PYTHON | {"null", "unique", "choices", "db_index"}:
        return ""
    verb, kind = ("is", each.new.kind) if "." in each.new.kind else ("was", each.old.kind)
    return f"{each.label} {verb} a {kind}, which isn't a field of Django's"


_QUESTIONS: tuple[Callable[[AlteredField, History], str], ...] = (_key, _generated, _other_class, _relation)
"""Each answers with what isn't known of an alteration, or ""."""


def _had_constraint(each: AlteredField, history: History) -> bool:
    """Whether the relation had its constraint before this file, which drops it for a while."""
    *_, (key, name) = each.earlier_names()
    model = history.state_before(each.migration).models.get(key)
    field = model.fields.get(name) if model else None
    return field is not None and field.is_relation and not field.is_unconstrained


def _kind(each: AlteredField, engines: Iterable[str], changed: set[str]) -> Judgement:
    """The verdict on the type and its size."""
    old, new = each.old, each.new
    if old.is_relation or new.is_relation or (old.kind == new.kind and not changed & SIZES):
        return safe("its values keep their type")
    is_tried = old.kind != new.kind or "base_field" not in changed
    wrong = problems(old, new, engines) if is_tried else None
    if wrong is None:
        return unknown(f"{each.label} changes from {old.kind} to {new.kind}, which wasn't tried")
    compared = compared_by(each.model, new.name)
    is_alike = old.kind == new.kind or (old.is_integer and new.is_integer) or (is_text(old) and is_text(new))
    if compared and not is_alike:
        return unknown(f"{compared} may not fit the new type of {each.label}, {new.kind}")
    are_dates = {old.kind, new.kind} == {"DateField", "DateTimeField"}
    why = "a day begins at midnight UTC, whatever TIME_ZONE is" if are_dates else "all values fit the new type"
    return safe(why, *(["MIG110"] if wrong else []))


def _is_compared(each: AlteredField) -> bool:
    """Whether an index or a uniqueness compares the values of the column with those of other rows."""
    return _is_in_set(each) or each.new.is_unique or each.new.is_true("db_index")


def _is_in_set(each: AlteredField) -> bool:
    return any(each.new.name in names for names in unique_sets(each.model, also_partial=True))


def _is_key_part(each: AlteredField) -> bool:
    """Whether an index has the column. Django makes none for the ``db_index`` of a TextField on MySQL."""
    is_own = each.new.is_unique if each.new.kind == "TextField" else is_indexed(each.new)
    return is_own or _is_in_set(each) or names_field(each.model.options.get("indexes"), each.new.name)


def _facets(each: AlteredField, changed: set[str], history: History, engines: Iterable[str]) -> Iterator[Judgement]:
    """The verdicts on the other options."""
    is_null = partial(Field.is_true, name="null")
    if is_null(each.old) and not is_null(each.new):
        row = default_row(each.new, each.model, each.migration, history)
        why = "no row has NULL" if each.new.get("default") is None else "rows with NULL get its default"
        yield safe(why, "MIG103") if row.kind is Kind.safe else row
    if each.new.is_unique and not each.old.is_unique:
        yield safe("no rows have equal values", "MIG111")
    if each.new.kind.startswith("Positive") and not each.old.kind.startswith("Positive"):
        yield safe("no row is negative", "MIG112")
    if "choices" in changed:
        yield safe("the database doesn't know choices", "MIG112")
    if "through" in changed:
        yield safe("the link table keeps its rows", "MIG106")
    is_longer = bool({"db_index", "unique", "max_length"} & changed) or each.old.kind != each.new.kind
    if _is_key_part(each) and is_longer:
        why = too_long_for_mysql([each.new], engines)
        yield unknown(why) if why else safe("its index has room")
    if "db_index" in changed and has_long_entries(each.new) and each.new.is_true("db_index"):
        yield unknown(TOO_LONG)
    if "db_collation" in changed and _is_compared(each):
        yield unknown(f"values of {each.label} that differ now may be equal in the new collation")
    judged = {"null", "unique", "primary_key", "choices", "through", "db_index", "db_collation", "db_constraint"}
    if "db_table" in changed and each.new.kind == "ManyToManyField":
        yield safe("the link table keeps its rows")
        judged.add("db_table")
    if others := changed - OF_PYTHON - SIZES - judged - {"to_field"}:
        yield unknown(f"what {', '.join(sorted(others))} of {each.label} does to rows isn't known")
