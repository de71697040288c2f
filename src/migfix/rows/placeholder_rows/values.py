"""Placeholder values for every field class that Django ships, for required columns without a value that was set."""

from __future__ import annotations

import datetime
import ipaddress
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from migfix.history.fields import Field
from migfix.source.formatting import literal
from migfix.source.migration import Call, Dictionary, Literal, Sequence, Value

UNKNOWN = object()
"""A value that can't be compared here."""

NOW = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
"""Represents ``timezone.now()``: later than any constant that a migration compares with."""


@dataclass(frozen=True)
class Written:
    """A value, and the code that writes it into a migration."""

    code: str
    value: object
    imports: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class Row:
    """What a placeholder may depend on: the model's name, the number of the row (from 1), and the field."""

    model: str
    number: int
    field: Field
    is_unique: bool

    @property
    def text(self) -> str:
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", self.model).lower().capitalize()
        return f"{words} {self.number}"

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.text.lower())

    @property
    def ordinal(self) -> int:
        """The row's number, or 0 if rows may share a value."""
        return self.number if self.is_unique else 0


TEXT = {
    "CharField": None,
    "TextField": None,
    "CommaSeparatedIntegerField": None,
    "CICharField": None,
    "CITextField": None,
    "SlugField": 50,
    "EmailField": 254,
    "CIEmailField": 254,
    "URLField": 200,
    "FileField": 100,
    "ImageField": 100,
    "FilePathField": 100,
}
"""Text fields, and the ``max_length`` that they have if the migration doesn't set it."""

AUTO = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})
INTEGERS = frozenset(
    [
        "IntegerField",
        "BigIntegerField",
        "SmallIntegerField",
        "PositiveIntegerField",
        "PositiveBigIntegerField",
        "PositiveSmallIntegerField",
    ]
)


def placeholder(row: Row) -> Written | None:
    """The placeholder of a required field; None for a field class that Django doesn't ship."""
    choice = nth_choice(row.field, row.number if row.is_unique else 1)
    if choice is not None:
        return choice
    if row.field.kind in TEXT:
        return of_value(cut(_text(row), row.number, max_length(row.field)))
    if row.field.kind in INTEGERS | AUTO:
        return of_value(row.ordinal)
    make = _OTHERS.get(row.field.kind)
    return make(row) if make else None


def of_value(value: object, field: Field | None = None) -> Written:
    """A plain value as code. Dates and decimals become the strings that their fields accept."""
    if field is not None and field.kind == "DateTimeField" and isinstance(value, datetime.datetime):
        return _moment((value - NOW).days)
    if isinstance(value, datetime.timedelta):
        return Written(f"datetime.timedelta(seconds={value.total_seconds():g})", value, (("datetime", None),))
    if isinstance(value, datetime.date | datetime.time | Decimal | uuid.UUID):
        return Written(literal(str(value)), value)
    return Written(literal(value), value)


def nth_choice(field: Field, number: int) -> Written | None:
    """The first of ``choices``, or the n-th for unique fields, including those in groups; None without choices."""
    values = [value for value in choice_values(field.get("choices")) if value != Literal(None)]
    if not values:
        return None
    value = values[(number - 1) % len(values)]
    return of_value(value.value) if isinstance(value, Literal) else None


def choice_values(choices: Value | None) -> list[Value]:
    """The values of ``choices``, given as pairs, groups or a dict."""
    return [value for value, _ in choice_pairs(choices)]


def choice_pairs(choices: Value | None) -> list[tuple[Value, Value]]:
    """The values of ``choices`` with their labels."""
    pairs: list[tuple[Value, Value]] = []
    if isinstance(choices, Dictionary):
        pairs = list(choices.pairs)
    elif isinstance(choices, Sequence):
        pairs = [
            (item.items[0], item.items[1])
            for item in choices.items
            if isinstance(item, Sequence) and len(item.items) == 2
        ]
    found: list[tuple[Value, Value]] = []
    for value, label in pairs:
        found += choice_pairs(label) if isinstance(label, Sequence | Dictionary) else [(value, label)]
    return found


def max_length(field: Field) -> int | None:
    value = field.get("max_length")
    return value.value if isinstance(value, Literal) and isinstance(value.value, int) else TEXT.get(field.kind)


def cut(text: str, number: int, limit: int | None) -> str:
    """Text cut to ``limit`` characters that still ends with the row's number."""
    if limit is None or len(text) <= limit:
        return text
    end = str(number)
    return (text[: max(0, limit - len(end))] + end)[-limit:]


def _text(row: Row) -> str:
    match row.field.kind:
        case "SlugField":
            return row.slug
        case "EmailField" | "CIEmailField":
            return f"{row.slug}@example.com"
        case "URLField":
            return f"https://example.com/{row.slug}"
        case "CommaSeparatedIntegerField":
            return str(row.number)
        case "FileField" | "ImageField" | "FilePathField":
            return row.slug if row.is_unique else ""
    return row.text


def _moment(days: int) -> Written:
    imports: tuple[tuple[str, str | None], ...] = (("django.utils", "timezone"),)
    if not days:
        return Written("timezone.now()", NOW, imports)
    sign = "+" if days > 0 else "-"
    code = f"timezone.now() {sign} datetime.timedelta(days={abs(days)})"
    return Written(code, NOW + datetime.timedelta(days=days), (*imports, ("datetime", None)))


def _decimal(row: Row) -> Written:
    places = row.field.get("decimal_places")
    digits = row.field.get("max_digits")
    step = places.value if isinstance(places, Literal) and isinstance(places.value, int) else 0
    is_fraction = isinstance(digits, Literal) and digits.value == step and step
    value = Decimal(row.ordinal).scaleb(-step) if is_fraction else Decimal(row.ordinal)
    return Written(literal(str(value)) if is_fraction else str(value), value)


def _address(row: Row) -> Written:
    is_six = row.field.get("protocol") == Literal("ipv6") or row.field.get("protocol") == Literal("IPv6")
    base = ipaddress.ip_address("2001:db8::" if is_six else "192.0.2.0")  # RFC 3849, RFC 5737: for documentation
    return of_value(str(base + row.number))


def _range(low: str, high: str, *imports: tuple[str, str | None]) -> Callable[[Row], Written]:
    return lambda row: Written(f"({low}, {high})", UNKNOWN, imports)


def _constant(code: str, value: object = UNKNOWN) -> Callable[[Row], Written]:
    return lambda row: Written(code, value)


_OTHERS: dict[str, Callable[[Row], Written]] = {
    "BooleanField": lambda row: of_value(row.is_unique and row.number % 2 == 0),
    "FloatField": lambda row: of_value(float(row.ordinal)),
    "DecimalField": _decimal,
    "DateField": lambda row: of_value(datetime.date(2000, 1, 1) + datetime.timedelta(days=row.ordinal)),
    "DateTimeField": lambda row: _moment(row.ordinal),
    "TimeField": lambda row: of_value(datetime.time(0, 0, row.ordinal % 60)),
    "DurationField": lambda row: of_value(datetime.timedelta(seconds=row.ordinal)),
    "UUIDField": lambda row: of_value(uuid.UUID(int=row.number)),
    "BinaryField": lambda row: of_value(str(row.number).encode() if row.is_unique else b""),
    "JSONField": _constant("{}"),
    "GenericIPAddressField": _address,
    "IPAddressField": _address,
    "ArrayField": _constant("[]"),
    "HStoreField": _constant("{}"),
    "SearchVectorField": _constant('""'),
    "IntegerRangeField": lambda row: Written(f"({row.number}, {row.number + 1})", UNKNOWN),
    "BigIntegerRangeField": lambda row: Written(f"({row.number}, {row.number + 1})", UNKNOWN),
    "DecimalRangeField": lambda row: Written(f"({row.number}, {row.number + 1})", UNKNOWN),
    "DateRangeField": _range("datetime.date(2000, 1, 1)", "datetime.date(2000, 1, 2)", ("datetime", None)),
    "DateTimeRangeField": _range("timezone.now()", "None", ("django.utils", "timezone")),
    "GeometryField": _constant('"POINT (0 0)"'),
    "PointField": _constant('"POINT (0 0)"'),
    "LineStringField": _constant('"LINESTRING (0 0, 1 1)"'),
    "PolygonField": _constant('"POLYGON ((0 0, 1 0, 1 1, 0 0))"'),
    "MultiPointField": _constant('"MULTIPOINT (0 0)"'),
    "MultiLineStringField": _constant('"MULTILINESTRING ((0 0, 1 1))"'),
    "MultiPolygonField": _constant('"MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"'),
    "GeometryCollectionField": _constant('"GEOMETRYCOLLECTION (POINT (0 0))"'),
}


def uuid_text(value: Value | None) -> str | None:
    """The text of a ``uuid.UUID("…")`` in any of its forms, or None."""
    if not isinstance(value, Call) or value.func != "uuid.UUID" or len(value.arguments) != 1:
        return None
    argument = value.arguments[0]
    if not isinstance(argument.value, Literal):
        return None
    try:
        return str(uuid.UUID(**{argument.keyword or "hex": argument.value.value}))  # type: ignore[arg-type]
    except (TypeError, ValueError, AttributeError):
        return None
