"""What AlterField does to values when a field gets another class or another size: measured by facts/alter_fields.py."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from migfix.history.fields import Field
from migfix.source.migration import Literal

_LENGTHS = {"SlugField": 50, "EmailField": 254, "URLField": 200}
_LENGTHS |= {"FileField": 100, "ImageField": 100, "FilePathField": 100}
_TEXT = frozenset({"CharField", "CommaSeparatedIntegerField", *_LENGTHS})
_AS = {"AutoField": "IntegerField", "BigAutoField": "BigIntegerField", "SmallAutoField": "SmallIntegerField"}
_AS |= {"NullBooleanField": "BooleanField"}

_DIGITS = {
    "SmallIntegerField": 6,
    "PositiveSmallIntegerField": 5,
    "IntegerField": 11,
    "PositiveIntegerField": 10,
    "BigIntegerField": 20,
    "PositiveBigIntegerField": 20,
}
"""The most characters of a whole number, with its sign."""
_EXACT = 15
"""The digits that a float holds. No larger number was measured."""

Problems = dict[str, dict[str, str]]
"""Engine -> kind of value -> what is wrong: ``{"postgresql": {"letters": "fails", "back long": "lost"}}``."""


def problems(old: Field, new: Field, engines: Iterable[str]) -> Problems | None:
    """What goes wrong on these engines. Empty if nothing does; None if the pair wasn't measured."""
    names = _measured(old, new)
    if names is None:
        return None
    if names[0] == names[1]:
        return {}
    table = _table().get(names)
    if table is None:
        return None
    found = {engine: dict(table[engine]) for engine in engines if engine in table}
    for each in found.values():
        if not old.is_true("null"):
            each.pop("null", None)
    return {engine: each for engine, each in found.items() if each}


def _measured(old: Field, new: Field) -> tuple[str, str] | None:
    """The two fields of the table that stand for these: with the same relation of their sizes."""
    kinds = _AS.get(old.kind, old.kind), _AS.get(new.kind, new.kind)
    if kinds[0] in _TEXT and kinds[1] in _TEXT:
        before, after = length(old), length(new)
        if before is None or after is None:
            return None
        return ("CharField(50)", "CharField(10)") if after < before else ("CharField(50)", "CharField(50)")
    if kinds == ("DecimalField", "DecimalField"):
        return _decimals(old, new)
    if kinds == ("DecimalField", "FloatField") and (digits_of(old) or (0, 0))[0] > _EXACT:
        return None
    if kinds[1] in _TEXT and (length(new) or 0) >= _DIGITS.get(kinds[0], 50):
        return kinds[0], "CharField(50)"
    names = _name(old, kinds[0], is_target=False), _name(new, kinds[1], is_target=True, is_cut=is_text(old))
    return names if names[0] and names[1] else None


def _name(field: Field, kind: str, is_target: bool, is_cut: bool = False) -> str:
    """The measured field of a class. As a target, it isn't larger than the field, so that nothing is overlooked."""
    if kind in _TEXT:
        room = length(field)
        if not is_target:
            return "CharField(50)"
        smallest = "CharField(10)" if is_cut else ""  # shorter text doesn't fit, whatever the size
        return next((f"CharField({size})" for size in (200, 50, 10) if room and room >= size), smallest)
    if kind == "DecimalField":
        sizes = digits_of(field)
        if sizes is None:
            return ""
        whole, places = sizes[0] - sizes[1], sizes[1]
        if is_target:
            return "DecimalField(12, 2)" if whole >= 10 and places <= 2 else "DecimalField(8, 2)"
        return "DecimalField(12, 4)" if places > 2 else "DecimalField(12, 2)" if whole > 6 else "DecimalField(8, 2)"
    return kind


def is_text(field: Field) -> bool:
    return field.kind in _TEXT or field.kind == "TextField"


def length(field: Field) -> int | None:
    """The maximum length of text; None if it can't be read."""
    value = field.get("max_length")
    if value is None:
        return _LENGTHS.get(field.kind)
    return value.value if isinstance(value, Literal) and isinstance(value.value, int) else None


def digits_of(field: Field) -> tuple[int, int] | None:
    """``max_digits`` and ``decimal_places``; None if they can't be read."""
    digits, places = field.get("max_digits"), field.get("decimal_places")
    if isinstance(digits, Literal) and isinstance(places, Literal):
        if isinstance(digits.value, int) and isinstance(places.value, int):
            return digits.value, places.value
    return None


def _decimals(old: Field, new: Field) -> tuple[str, str] | None:
    before, after = digits_of(old), digits_of(new)
    if before is None or after is None:
        return None
    if after[1] < before[1]:
        return "DecimalField(12, 4)", "DecimalField(12, 2)"
    if after[0] - after[1] < before[0] - before[1]:
        return "DecimalField(12, 2)", "DecimalField(8, 2)"
    return "DecimalField(8, 2)", "DecimalField(8, 2)"


@cache
def _table() -> dict[tuple[str, str], Problems]:
    found: dict[tuple[str, str], Problems] = {}
    for line in Path(__file__).with_name("types.tsv").read_text().splitlines():
        if line.startswith("#"):  # the versions that were measured
            continue
        old, new, engine, listed = line.split("\t")
        wrong = dict(each.split("=", 1) for each in listed.split("; ") if each)
        found.setdefault((old, new), {})[engine] = wrong
    return found
