"""What AlterField does to rows: ``python facts/alter_fields.py [URL …]`` writes ``src/migfix/changes/types.tsv``.

``--sample 20`` measures twenty pairs, which ``--seed`` chooses, and prints them instead.

Each field class of Django is altered to each other one, on tables with rows, forward and back, on every engine given
(SQLite, PostgreSQL, MariaDB and MySQL on this machine otherwise). First all rows at once. If something isn't as it
should be, each row has a table of its own. A line of the table is one pair on one engine: what went wrong with which
kind of value. Some fields also get an option, such as ``unique``, on tables with two rows whose values are equal or
alike.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import dj_database_url
import django
from django.conf import settings
from django.core.exceptions import ValidationError

URLS = (
    "sqlite://:memory:",
    "postgres://root@127.0.0.1:5432/migfix_facts",
    "mysql://root@127.0.0.1:3306/migfix_facts",
    "mysql://root@127.0.0.1:3307/migfix_facts",
)
TABLE = Path(__file__).parents[1] / "src" / "migfix" / "changes" / "types.tsv"
_PARSER = argparse.ArgumentParser(description=__doc__)
_PARSER.add_argument("urls", nargs="*", default=URLS)
_PARSER.add_argument("--sample", type=int)
_PARSER.add_argument("--seed", type=int, default=0)
ARGUMENTS = _PARSER.parse_args()
settings.configure(
    DATABASES={f"e{i}": dj_database_url.parse(url) for i, url in enumerate(ARGUMENTS.urls)} | {"default": {}},
    USE_TZ=True,
    TIME_ZONE="UTC",
)
django.setup()

from django.apps.registry import Apps  # noqa: E402
from django.db import connections, models  # noqa: E402
from django.db.utils import Error, IntegrityError  # noqa: E402
from values import FIELDS, OPTIONS, ROWS, together  # noqa: E402

Model = Any


def build(name: str, connection: Any) -> Model:
    """A model with the field ``value`` of that kind, nullable. After the class, the name has options."""
    kind, given = FIELDS[plain(name)]
    arguments = {"null": True, **given}
    for option, (more, _) in OPTIONS.items():
        arguments |= more if option in name else {}
    if collations := arguments.get("db_collation"):
        arguments["db_collation"] = collations[connection.vendor]
    meta = type("Meta", (), {"app_label": "facts", "apps": Apps(), "db_table": "facts_thing"})
    key: Any = models.CharField(max_length=20, primary_key=True)
    members = {"__module__": "facts", "Meta": meta, "key": key, "value": kind(**arguments)}
    return type("Thing", (models.Model,), members)


def plain(name: str) -> str:
    """The field without options: ``CharField(50)`` of ``CharField(50) unique``."""
    return next(each for each in sorted(FIELDS, key=len, reverse=True) if name.startswith(each))


def differences(connection: Any, old: str, new: str, rows: dict[str, Any]) -> Iterator[str]:
    """What goes wrong with a table of these rows: ``fails``, ``letters=unreadable``, ``back long=lost``."""
    before, after = build(old, connection), build(new, connection)
    fields = before._meta.get_field("value"), after._meta.get_field("value")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS facts_thing")
    with connection.schema_editor() as editor:
        editor.create_model(before)
    manager = before._base_manager.using(connection.alias)
    manager.bulk_create(before(key=key, value=value) for key, value in rows.items())
    stored = {row.key: row.value for row in manager.all()}
    try:
        with connection.schema_editor() as editor:
            editor.alter_field(before, *fields, strict=False)
    except Error:
        yield "fails"
        return
    except Exception as error:  # a field class may refuse by itself
        yield f"refused by Django ({type(error).__name__})"
        return
    for key, value in rows.items():
        if problem := _problem(connection, after, key, value):
            yield f"{key}={problem}"
    try:
        with connection.schema_editor() as editor:
            editor.alter_field(after, *fields[::-1], strict=False)
    except Error:
        yield "back fails"
        return
    for key in rows:
        try:
            (value,) = manager.filter(key=key).values_list("value", flat=True)
        except Exception:
            yield f"back {key}=unreadable"
            continue
        if _plain(value) != _plain(stored[key]):
            yield f"back {key}=lost"


def _problem(connection: Any, after: Model, key: str, value: Any) -> str:
    """What is wrong with a value that is read, found and saved again through the new field; "" if nothing is."""
    field = after._meta.get_field("value")
    manager = after._base_manager.using(connection.alias)
    try:
        row = manager.get(key=key)
        with suppress(ValidationError):
            row.value = field.to_python(row.value)
            field.run_validators(row.value)
    except Exception:
        return "unreadable"
    try:
        wanted = _wanted(field, _plain(value), row.value)
    except (ValidationError, TypeError, ValueError):
        return "unreadable" if value is not None and not isinstance(row.value, str) else "changed"
    if _plain(row.value) != _plain(wanted):
        return "changed"
    if value is None or isinstance(field, models.JSONField | models.BinaryField):
        return ""
    try:
        return "" if manager.filter(key=key, value=row.value).exists() else "not found"
    except Exception:
        return "unreadable"


def _wanted(field: models.Field[Any, Any], value: Any, found: Any) -> Any:
    """What Django makes of the old value; for JSON, what is written in the text or the text that says the same."""
    if isinstance(field, models.JSONField) and isinstance(value, str):
        return json.loads(value)
    if isinstance(value, dict | list) and isinstance(found, str):
        return found if json.loads(found) == value else json.dumps(value)
    return field.to_python(value)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def pair(connection: Any, old: str, new: str) -> str:
    """What goes wrong, by kind of value; "" if nothing does."""
    if plain(old) == plain(new):
        return _option(connection, old, new)
    rows = {"null": None, **ROWS[old]}
    if not list(differences(connection, old, new, rows)):
        return ""
    found: list[str] = []
    for key, value in rows.items():
        for each in differences(connection, old, new, {key: value}):
            back = "back " if each.startswith("back ") else ""
            found.append(each if "=" in each else f"{back}{key}={each.removeprefix('back ')}")
    return "; ".join(found)


def _option(connection: Any, old: str, new: str) -> str:
    """What goes wrong when a field gets an option, by kind of the two values that are in the table."""
    found = []
    for kind, (first, second) in together(plain(old)).items():
        if "unique" in old and kind == "equal":
            continue
        with suppress(IntegrityError):  # they are equal before, too
            wrong = list(differences(connection, old, new, {kind: first, "other": second}))
            found += [f"{kind}={wrong[0].split('=')[-1].removeprefix('back ')}"] if wrong else []
    return "; ".join(found)


def main() -> None:
    pairs = [(old, new) for old in FIELDS for new in FIELDS if old != new]
    pairs += [(old, f"{old} {option}") for option, (_, names) in OPTIONS.items() for old in names]
    if ARGUMENTS.sample:
        pairs = random.Random(ARGUMENTS.seed).sample(pairs, ARGUMENTS.sample)
    versions, lines = [], []
    for alias in connections:
        if alias == "default":
            continue
        connection = connections[alias]
        engine = _engine(connection)
        versions.append(f"# {engine} {'.'.join(map(str, connection.get_database_version()))}")
        lines += [f"{old}\t{new}\t{engine}\t{pair(connection, old, new)}" for old, new in pairs]
        print("measured on", versions[-1], file=sys.stderr)
    if ARGUMENTS.sample:
        print("\n".join(lines))
        return
    TABLE.write_text("\n".join([f"# Django {django.get_version()}", *versions, *lines]) + "\n")


def _engine(connection: Any) -> str:
    if connection.vendor == "sqlite":
        return "sqlite"
    name = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    return "mariadb" if getattr(connection, "mysql_is_mariadb", False) else connection.vendor


if __name__ == "__main__":
    main()
