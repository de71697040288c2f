"""Stored values that leave the ``choices`` of a field while rows still hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from migfix.changes.altered_fields import AlteredField, altered_fields
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.fields import Field, said_of
from migfix.rows.placeholder_rows.values import INTEGERS, TEXT, choice_pairs, choice_values, max_length
from migfix.rows.prepared import is_cleaned
from migfix.rules.fit_rows_to_check import RULE
from migfix.rules.fit_rows_to_check.functions import map_values
from migfix.source.migration import Literal, Migration
from migfix.source.writer import CannotWrite

MOST_SHOWN = 3
_BY_HAND = "Change such rows in your own RunPython before it."
ACCEPT = "To accept this, add `# migfix: ignore[MIG112]`."


def lost_choices(migration: Migration, taken: set[str], history: History) -> Iterator[Finding]:
    """A finding for each field that loses choices and gets others, or whose choices get other values.

    None if a step of the file writes the field.
    """
    for each in altered_fields(migration, history):
        old, new = _values(each.old), _values(each.new)
        lost = [value for value in old or () if value not in (new or ())]
        come = [value for value in new or () if value not in (old or ())]
        if not new or not ((lost and come) or _moved(each)):
            continue
        if not is_cleaned(migration, len(migration.operations), each.model, each.new.name, history, RULE.code):
            yield _finding(migration, each, lost, come, taken, history)


def _values(field: Field) -> list[object] | None:
    """The values of ``choices``; None if there are none or they can't be read."""
    values = choice_values(field.get("choices"))
    return [_text(value.value) for value in values if isinstance(value, Literal)] if values else None


def _text(value: object) -> object:
    """Choices that Python 2 wrote as bytes are the same text."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _finding(
    migration: Migration, each: AlteredField, lost: list[object], come: list[object], taken: set[str], history: History
) -> Finding:
    why = f"{each.label} no longer has the choice {_shown(lost)}, but rows may still hold it."
    if not lost:
        moved = _moved(each)
        value, other = next(iter(moved.items()))
        why = f"a choice of {each.label} is {other!r} instead of {value!r} now, but rows still hold {value!r}."
        if _in_order(moved) is None:
            why = f"choices of {each.label} change places, and rows that hold {value!r} mean another one then."
            return Refusal(RULE.code, migration.path, each.op.line, why, f"{_BY_HAND} {ACCEPT}")
    flag = f"--map {each.label}={_suggested(each, lost, come)}"
    said = said_of(history.facts.mapped, each.label)
    if not (each.old.kind in TEXT and each.new.kind in TEXT) and each.old.kind != each.new.kind:
        why = f"{each.label} gets other choices and another type at once, so rows hold neither old nor new values."
        first = next(iter(come), next(iter(lost), ""))
        place = f"to {str(first)!r} and so on, before it" if each.old.kind in TEXT else "after it"
        next_step = f"Change the values in your own RunPython, {place}, and back in its reverse_code. {ACCEPT}"
        return Refusal(RULE.code, migration.path, each.op.line, why, next_step)
    if len(come) < len(lost):
        why = f"{why[:-1]}. Rows of several choices become one, which can't be told apart when going back."
        return Refusal(RULE.code, migration.path, each.op.line, why, f"{_BY_HAND} {ACCEPT}")
    if said is None:
        next_step = f"Say what it becomes with {flag}. {ACCEPT}"
        return Refusal(RULE.code, migration.path, each.op.line, why, next_step)
    name, given = said
    pairs = [pair.partition(":") for pair in given.split(",")]
    values = _in_order({_typed(old, each.old): _typed(new, each.new) for old, _, new in pairs})
    kept = set(_values(each.old) or ()) - (values or {}).keys()
    is_known = values is not None and kept.isdisjoint(lost) and set(values.values()) <= set(_values(each.new) or ())
    if values is None or not is_known or len(set(values.values()) - kept) < len(values):
        why = f"{each.label} can't be mapped with {given}: each choice that is lost needs a new one of its own."
        return Refusal(RULE.code, migration.path, each.op.line, why, f"Write it as in {flag}. {ACCEPT}")
    room = max_length(each.old)
    is_longer = room is not None and any(len(str(new)) > room for new in values.values())
    try:
        wrote, edits = map_values(migration, each.index + is_longer, each.model, each.new.name, values, taken)
    except CannotWrite as reason:
        return Refusal(RULE.code, migration.path, each.op.line, f"{why[:-1]}; {reason}.", f"{_BY_HAND} {ACCEPT}")
    return Rewrite(RULE.code, migration.path, each.op.line, why, wrote, tuple(edits), used_values=(name,))


def _suggested(each: AlteredField, lost: list[object], come: list[object]) -> str:
    """What ``--map`` may be: values that keep their label, or the lost choices beside those that come."""
    kept = _moved(each)
    pairs = kept if set(lost) <= kept.keys() else dict(zip(lost, [*come, *["VALUE"] * len(lost)], strict=False))
    return ",".join(f"{value}:{other}" for value, other in pairs.items())


def _moved(each: AlteredField) -> dict[object, object]:
    """Old value -> new value, of the choices that keep their label and get another value."""
    old, new = (_by_label(field) for field in (each.old, each.new))
    return {value: new[label] for label, value in old.items() if new.get(label, value) != value}


def _by_label(field: Field) -> dict[object, object]:
    """Label -> value, of the labels that only one choice has."""
    pairs = [
        (label.value, _text(value.value))
        for value, label in choice_pairs(field.get("choices"))
        if isinstance(value, Literal) and isinstance(label, Literal)
    ]
    labels = Counter(label for label, _ in pairs)
    return {label: value for label, value in pairs if labels[label] == 1}


def _in_order(values: dict[object, object]) -> dict[object, object] | None:
    """The same pairs, in an order in which no value is changed twice; None if two values change places."""
    found: dict[object, object] = {}
    while len(found) < len(values):
        ready = [old for old in values if old not in found and values[old] not in values.keys() - found.keys()]
        if not ready:
            return None
        found |= {old: values[old] for old in ready}
    return found


def _typed(text: str, field: Field) -> object:
    return int(text) if field.kind in INTEGERS and text.strip().lstrip("-").isdigit() else text.strip()


def _shown(values: list[object]) -> str:
    shown = [repr(value) for value in values[:MOST_SHOWN]]
    more = len(values) - MOST_SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
