"""Literal defaults that a field can't hold. Django or the database refuses them when a migration fills rows.

makemigrations asks for a default and takes any Python: ``1`` for a ``DateTimeField``. As tried with Django 5.2 on four
engines; what a field takes is in its ``get_prep_value()`` and ``to_python()`` (django/db/models/fields/__init__.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from uuid import UUID

from migfix.history.fields import Field
from migfix.source.migration import Literal

_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_TIME = re.compile(r"\d{1,2}:\d{1,2}")
_EMPTY_IS_NULL = ("BooleanField", "GenericIPAddressField")
_BOOLEANS = ("t", "True", "1", "f", "False", "0")


def unfit(field: Field) -> str:
    """What a field holds, if its literal default isn't that; "" if it may be."""
    default = field.default
    if not isinstance(default, Literal) or default.value is None:
        return ""
    value = default.value
    if value == "" and field.is_true("null") and field.kind in _EMPTY_IS_NULL:
        return ""
    if field.kind.endswith("IntegerField") and not isinstance(value, bytes):
        return "" if _converts(int, value) else "holds whole numbers"
    what, is_fit = _HELD.get(field.kind, ("", _always))
    return "" if is_fit(value) else f"holds {what}"


def _always(value: object) -> bool:
    return True


def _converts(kind: Callable[..., object], value: object) -> bool:
    try:
        kind(value)
    except (TypeError, ValueError, InvalidOperation):
        return False
    return True


def _is_date(value: object) -> bool:
    return isinstance(value, str) and _DATE.match(value) is not None


def _is_time(value: object) -> bool:
    return isinstance(value, str) and _TIME.match(value) is not None


def _is_boolean(value: object) -> bool:
    return value in (0, 1) or value in _BOOLEANS


def _is_bytes(value: object) -> bool:
    return isinstance(value, bytes)


def _is_number(value: object) -> bool:
    return _converts(float, value)


def _is_decimal(value: object) -> bool:
    return _converts(Decimal, value)


def _is_uuid(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and _converts(UUID, value))


def _is_address(value: object) -> bool:
    return isinstance(value, str) and _converts(ip_address, value)


def _never(value: object) -> bool:
    return False


_HELD: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "DateTimeField": ("dates and times", _is_date),
    "DateField": ("dates", _is_date),
    "TimeField": ("times", _is_time),
    "FloatField": ("numbers", _is_number),
    "DecimalField": ("numbers", _is_decimal),
    "BooleanField": ("true and false", _is_boolean),
    "UUIDField": ("UUIDs", _is_uuid),
    "DurationField": ("durations", _never),
    "GenericIPAddressField": ("IP addresses", _is_address),
    "BinaryField": ("bytes", _is_bytes),
}
