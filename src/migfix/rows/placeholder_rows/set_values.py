"""Values that the user set, as values of their fields."""

from __future__ import annotations

import ast
import datetime
import re
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from migfix.errors import ConfigError
from migfix.history.fields import Field
from migfix.rows.placeholder_rows.values import INTEGERS, TEXT, max_length

_DURATION = re.compile(r"(?:(?P<days>\d+) )?(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d+(?:\.\d+)?)")


def typed(configured: tuple[str, object], each: Field) -> object:
    """A value that was set, as a value of the field. Text stays text, unless it is quoted.

    ``configured`` is the name and the value. Raises ConfigError for a value that the column can't hold.
    """
    name, value = configured
    if not isinstance(value, str) or (each.kind in TEXT and value[:1] not in ("'", '"')):
        meant: object = str(value) if each.kind in TEXT else value
    else:
        try:
            meant = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            meant = value
    most = max_length(each) if each.kind in TEXT else None
    if most is not None and len(str(meant)) > most:
        raise ConfigError(f"{name} takes {most} characters, but its value has {len(str(meant))}.")
    if each.kind in INTEGERS and not isinstance(meant, int):
        raise ConfigError(f"{name} is of type {each.kind}, but `{value}` isn't a whole number.")
    read, what = _READERS.get(each.kind, (None, ""))
    try:
        return meant if read is None or meant is None else read(meant)
    except (ValueError, KeyError, TypeError, InvalidOperation):
        raise ConfigError(f"{name} is of type {each.kind}, but `{value}` isn't {what}.") from None


def comparable(value: object, field: Field) -> object:
    """A value that ``typed()`` left as text, as a value that a condition can be compared with."""
    parse = _PARSERS.get(field.kind)
    return parse(value) if parse and isinstance(value, str) else value


_PARSERS: dict[str, Callable[[str], object]] = {
    "DateField": datetime.date.fromisoformat,
    "TimeField": datetime.time.fromisoformat,
    "DecimalField": Decimal,
    "UUIDField": uuid.UUID,
}


def _boolean(value: object) -> object:
    return {"true": True, "false": False, "1": True, "0": False}[str(value).lower()]


def _duration(value: object) -> object:
    if isinstance(value, int | float):
        return datetime.timedelta(seconds=value)
    found = _DURATION.fullmatch(str(value))
    if found is None:
        raise ValueError(value)
    return datetime.timedelta(**{unit: float(number) for unit, number in found.groupdict().items() if number})


def _bytes(value: object) -> object:
    return value if isinstance(value, bytes) else str(value).encode()


def _checked(parse: Callable[[str], object]) -> Callable[[object], object]:
    """The value itself, if it can be parsed: Django parses it again."""

    def check(value: object) -> object:
        parse(str(value))
        return value

    return check


_READERS: dict[str, tuple[Callable[[object], object], str]] = {
    "BooleanField": (_boolean, "True or False"),
    "FloatField": (_checked(float), "a number"),
    "DecimalField": (_checked(Decimal), "a number"),
    "DurationField": (_duration, "a duration such as 1:30:00, or a number of seconds"),
    "BinaryField": (_bytes, "bytes"),
    "DateField": (_checked(datetime.date.fromisoformat), "a date such as 2024-05-31"),
    "DateTimeField": (_checked(datetime.datetime.fromisoformat), "a moment such as 2024-05-31T12:00:00Z"),
    "TimeField": (_checked(datetime.time.fromisoformat), "a time such as 12:00"),
    "UUIDField": (_checked(uuid.UUID), "a UUID"),
}
"""Field class -> how a value is read, and what it must be."""
