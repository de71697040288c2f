"""The field classes that are compared, and the values that a column of each may hold."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

from django.db import models

MOMENT = datetime.datetime(2024, 2, 3, 4, 5, 6, 789012, tzinfo=datetime.UTC)

FIELDS: dict[str, tuple[type[models.Field[Any, Any]], dict[str, Any]]] = {
    "CharField(10)": (models.CharField, {"max_length": 10}),
    "CharField(50)": (models.CharField, {"max_length": 50}),
    "CharField(200)": (models.CharField, {"max_length": 200}),
    "TextField": (models.TextField, {}),
    "SmallIntegerField": (models.SmallIntegerField, {}),
    "IntegerField": (models.IntegerField, {}),
    "BigIntegerField": (models.BigIntegerField, {}),
    "PositiveSmallIntegerField": (models.PositiveSmallIntegerField, {}),
    "PositiveIntegerField": (models.PositiveIntegerField, {}),
    "PositiveBigIntegerField": (models.PositiveBigIntegerField, {}),
    "BooleanField": (models.BooleanField, {}),
    "FloatField": (models.FloatField, {}),
    "DecimalField(8, 2)": (models.DecimalField, {"max_digits": 8, "decimal_places": 2}),
    "DecimalField(12, 2)": (models.DecimalField, {"max_digits": 12, "decimal_places": 2}),
    "DecimalField(12, 4)": (models.DecimalField, {"max_digits": 12, "decimal_places": 4}),
    "DateField": (models.DateField, {}),
    "DateTimeField": (models.DateTimeField, {}),
    "TimeField": (models.TimeField, {}),
    "DurationField": (models.DurationField, {}),
    "UUIDField": (models.UUIDField, {}),
    "JSONField": (models.JSONField, {}),
    "BinaryField": (models.BinaryField, {}),
    "GenericIPAddressField": (models.GenericIPAddressField, {}),
}

COLLATIONS = {"sqlite": "nocase", "postgresql": "C", "mysql": "utf8mb4_general_ci"}
"""Vendor -> a collation that isn't the default: without regard to case, where the server has one."""
OPTIONS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "not null": (
        {"null": False},
        ("CharField(50)", "TextField", "IntegerField", "BooleanField", "DateTimeField", "UUIDField"),
    ),
    "unique": (
        {"unique": True},
        ("CharField(50)", "IntegerField", "FloatField", "DecimalField(8, 2)", "DateTimeField", "UUIDField"),
    ),
    "other collation": ({"db_collation": COLLATIONS}, ("CharField(50)", "TextField", "CharField(50) unique")),
}
"""An option that a field gets -> its arguments, and the fields that get it."""

_TEXT: dict[str, Any] = {
    "empty": "",
    "blank": "  ",
    "letters": "abc",
    "emoji": "\N{GRINNING FACE}",
    "number": "12",
    "negative": "-3",
    "decimal": "1.5",
    "yes": "yes",
    "true": "True",
    "date": "2024-02-03",
    "json": '{"a": 1}',
}
_LONGER: dict[str, Any] = {
    "moment": "2024-02-03 04:05:06",
    "uuid": "6a0a9d8a-5c1e-4f5e-9d0b-0d2f6f3a1b2c",
    "long": "x" * 50,
}
_SMALL: dict[str, Any] = {"zero": 0, "one": 1, "small": 7}


def _whole(largest: int, is_signed: bool) -> dict[str, Any]:
    return {**_SMALL, "largest": largest, **({"negative": -5, "smallest": -largest - 1} if is_signed else {})}


ROWS: dict[str, dict[str, Any]] = {
    "CharField(10)": {**_TEXT, "long": "x" * 10},
    "CharField(50)": {**_TEXT, **_LONGER},
    "CharField(200)": {**_TEXT, **_LONGER, "long": "x" * 200},
    "TextField": {**_TEXT, **_LONGER, "long": "x" * 300},
    "SmallIntegerField": _whole(2**15 - 1, True),
    "IntegerField": _whole(2**31 - 1, True),
    "BigIntegerField": _whole(2**63 - 1, True),
    "PositiveSmallIntegerField": _whole(2**15 - 1, False),
    "PositiveIntegerField": _whole(2**31 - 1, False),
    "PositiveBigIntegerField": _whole(2**63 - 1, False),
    "BooleanField": {"true": True, "false": False},
    "FloatField": {"zero": 0.0, "one": 1.0, "half": 1.5, "negative": -2.25, "large": 1e20},
    "DecimalField(8, 2)": {"zero": Decimal("0.00"), "half": Decimal("1.50"), "largest": Decimal("999999.99")},
    "DecimalField(12, 2)": {"zero": Decimal("0.00"), "half": Decimal("1.50"), "largest": Decimal("9999999999.99")},
    "DecimalField(12, 4)": {"zero": Decimal("0.0000"), "fine": Decimal("1.2345"), "largest": Decimal("99999999.9999")},
    "DateField": {"date": MOMENT.date()},
    "DateTimeField": {
        "moment": MOMENT,
        "midnight": MOMENT.replace(hour=0, minute=0, second=0, microsecond=0),
        "late": MOMENT.replace(hour=23, minute=59, second=59, microsecond=999999),
    },
    "TimeField": {"time": MOMENT.time(), "midnight": datetime.time(0)},
    "DurationField": {"hour": datetime.timedelta(hours=1), "fine": datetime.timedelta(days=1, microseconds=5)},
    "UUIDField": {"uuid": uuid.UUID("6a0a9d8a-5c1e-4f5e-9d0b-0d2f6f3a1b2c")},
    "JSONField": {"object": {"a": 1}, "list": [], "text": "abc", "number": 12},
    "BinaryField": {"empty": b"", "letters": b"abc", "bytes": b"\x00\xff"},
    "GenericIPAddressField": {"v4": "10.0.0.1", "v6": "2001:db8::1"},
}
"""Field -> kind of value -> value. Every table also has a row with NULL."""


TOGETHER: dict[str, tuple[Any, Any]] = {
    "case": ("abc", "ABC"),
    "accent": ("e", "\N{LATIN SMALL LETTER E WITH ACUTE}"),
    "trailing": ("abc", "abc "),
}
"""Kind -> two texts that a collation may take for equal."""


def together(name: str) -> dict[str, tuple[Any, Any]]:
    """Kind -> the values of two rows of one table, for a field that gets another option."""
    found = {key: (value, value) for key, value in {"equal": [*ROWS[name].values()][-1], "null": None}.items()}
    return found | (TOGETHER if name.startswith(("CharField", "TextField")) else {})
