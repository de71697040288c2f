"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migfix.changes.altered_fields import AlteredField, altered_fields
from migfix.changes.compared import compared_by
from migfix.changes.keys_by_field import keys_by_field
from migfix.changes.new_checks import is_signed
from migfix.changes.type_facts import Problems, length, problems
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.findings.words import counted
from migfix.history import History
from migfix.history.fields import configured_value, said_of
from migfix.history.uniqueness import unique_sets
from migfix.project.facts import ENGINES
from migfix.rows.leftover_tables import before_migrating
from migfix.rows.placeholder_rows.values import AUTO, INTEGERS, TEXT, choice_values
from migfix.rows.prepared import is_cleaned
from migfix.rules.fit_rows_to_type import RULE, arrays, flags
from migfix.rules.fit_rows_to_type.both_ways import copy_both_ways
from migfix.rules.fit_rows_to_type.dates import are_dates, fit_dates
from migfix.rules.fit_rows_to_type.read_text import is_readable, read_text
from migfix.rules.fit_rows_to_type.smaller import is_smaller, set_larger
from migfix.rules.fit_rows_to_type.truncate import truncate
from migfix.rules.fit_rows_to_type.words import shown
from migfix.source.edits import Edit
from migfix.source.migration import Literal, Migration
from migfix.source.writer import CannotWrite

BY_HAND = "change such values in your own RunPython before it"
ACCEPT = "To accept this, add `# migfix: ignore[MIG110]`."


_NUMBERS = INTEGERS | AUTO
_BELOW_ZERO = ("negative", "smallest")


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Read text as its new type, bring dates into their new form, and name what else doesn't fit."""
    for migration in migrations:
        taken = set(migration.bound)
        for each in altered_fields(migration, history):
            if _is_key_of_another_kind(each) or _is_mapped(each, history):
                continue
            wrong = _left_to_others(each, _problems(each, history.facts.engines or ENGINES))
            if wrong and not (are_dates(each) and "sqlite" not in wrong) and not _is_prepared(migration, each, history):
                yield _finding(migration, each, wrong, taken, history)


def _problems(each: AlteredField, engines: Iterable[str]) -> Problems | None:
    """What goes wrong. Arrays are PostgreSQL's alone, so that they aren't in the table of what was measured."""
    if arrays.is_array_to_json(each):
        return {"postgresql": {"any": "fails"}}
    return problems(each.old, each.new, engines)


def _is_key_of_another_kind(each: AlteredField) -> bool:
    """Whether this is a primary key that isn't a number any more, or wasn't: MIG113 answers for it."""
    is_key = each.old.is_true("primary_key") and each.new.is_true("primary_key")
    return is_key and each.old.kind != each.new.kind and not {each.old.kind, each.new.kind} <= _NUMBERS


def _is_mapped(each: AlteredField, history: History) -> bool:
    """Whether ``--map`` gives rows other texts, of which each choice fits. MIG112 writes that."""
    choices = [value.value for value in choice_values(each.new.get("choices")) or () if isinstance(value, Literal)]
    is_said = said_of(history.facts.mapped, each.label) is not None
    return is_said and bool(choices) and all(len(str(choice)) <= (length(each.new) or 0) for choice in choices)


def _left_to_others(each: AlteredField, wrong: Problems | None) -> Problems | None:
    """The problems without negative numbers where a field becomes positive, which MIG112 answers for."""
    if not wrong or not each.new.kind.startswith("Positive") or not is_signed(each.old):
        return wrong
    others = {
        engine: {kind: what for kind, what in found.items() if kind not in _BELOW_ZERO}
        for engine, found in wrong.items()
    }
    return {engine: found for engine, found in others.items() if found}


def _is_prepared(migration: Migration, each: AlteredField, history: History) -> bool:
    """Whether a step of the file writes the column: before the operation, or right after it for dates."""
    end = len(migration.operations) if are_dates(each) else each.index
    return is_cleaned(migration, end, each.model, each.new.name, history, RULE.code)


def _finding(migration: Migration, each: AlteredField, wrong: Problems, taken: set[str], history: History) -> Finding:
    why = f"{each.label} becomes {_described(each)}, and existing values may not fit: {shown(wrong)}."
    try:
        state = history.state_before(migration, each.index)
        if held := next(keys_by_field(state, each.model.key, each.new.name, history.facts), None):
            raise CannotWrite(f"{held[0].label}.{held[1].name} holds its values, too")
        if _is_of_another_sort(each) and (compared := compared_by(each.model, each.new.name)):
            raise CannotWrite(f"{compared} compares it")
        if is_smaller(each):
            _demand_different(each, is_also_new=False)
        if each.new.is_true("primary_key"):
            raise CannotWrite("it is the primary key")
        written = _written(migration, each, taken, history)
    except CannotWrite as reason:
        next_step = f"C{BY_HAND[1:]}. {ACCEPT}" if is_smaller(each) or length(each.new) else _next_step(each)
        return Refusal(RULE.code, migration.path, each.op.line, f"{why[:-1]}; {reason}.", next_step)
    if written is None:
        return Refusal(RULE.code, migration.path, each.op.line, why, _next_step(each))
    wrote, edits, used = written
    advice = before_migrating(migration, each.index, history)
    return Rewrite(RULE.code, migration.path, each.op.line, why, wrote, tuple(edits), advice=advice, used_values=used)


def _is_of_another_sort(each: AlteredField) -> bool:
    """Whether what compares the old values can't compare the new ones."""
    are_alike = are_dates(each) or {each.old.kind, each.new.kind} <= TEXT.keys()
    return each.old.kind != each.new.kind and not are_alike


def _written(
    migration: Migration, each: AlteredField, taken: set[str], history: History
) -> tuple[str, list[Edit], tuple[str, ...]] | None:
    """What is written, the edits and the options used; None if a person must decide. Raises CannotWrite."""
    if are_dates(each):
        _demand_different(each, is_also_new=True)
        return (*fit_dates(migration, each, taken), ())
    if each.label.lower() in {name.lower() for name in history.facts.truncate} and length(each.new):
        return (*truncate(migration, each, taken), (each.label,))
    configured = configured_value(history.facts, each.model.label, each.new.name)
    if configured and is_smaller(each):
        return (*set_larger(migration, each, configured, taken), (configured[0],))
    if flags.are_flags(each):
        return (*copy_both_ways(migration, each, taken, flags.copying), ())
    if arrays.is_array_to_json(each):
        return (*copy_both_ways(migration, each, taken, arrays.copying), ())
    if is_readable(each):
        return read_text(migration, each, taken, history)
    return None


def _demand_different(each: AlteredField, is_also_new: bool) -> None:
    """Raises CannotWrite if the values must stay different. MIG111 answers for text that only becomes unique."""
    is_loss = (each.old.kind, each.new.kind) != ("DateField", "DateTimeField")
    is_new = is_also_new and each.new.is_unique
    if is_loss and (is_new or any(each.new.name in one for one in unique_sets(each.model, also_partial=True))):
        raise CannotWrite("values that must be unique may be equal then")


def _described(each: AlteredField) -> str:
    if each.old.kind in TEXT and each.new.kind in TEXT:
        return f"at most {counted(length(each.new) or 0, 'character')} long"
    if each.old.kind == each.new.kind:
        return f"a smaller {each.new.kind}"
    return f"{'an' if each.new.kind[0] in 'AEI' else 'a'} {each.new.kind}"


def _next_step(each: AlteredField) -> str:
    if each.old.kind in TEXT and each.new.kind in TEXT:
        value = f"give such rows a value with --set {each.label}=VALUE"
        return f"Cut the text with --truncate {each.label}, {value}, or {BY_HAND}. {ACCEPT}"
    if is_smaller(each):
        return f"Give such rows a value with --set {each.label}=VALUE, or {BY_HAND}. {ACCEPT}"
    if each.old.kind == each.new.kind:
        return f"C{BY_HAND[1:]}. {ACCEPT}"
    return f"Add a field of the new type, copy the values in a RunPython, and remove the old field. {ACCEPT}"
