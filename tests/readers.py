"""Compare what migfix reads from files with Django's ProjectState, migration by migration; run by test_readers.py.

Follows the whole plan of the project of DJANGO_SETTINGS_MODULE. After each migration the models of its app must be the
same on both sides: their names, and for each field its class, target and column, and whether it is NULL, unique or a
primary key and has a default. Prints JSON: the number of migrations, and the labels and fields that migfix reads
differently from Django.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import models  # noqa: E402
from django.db.migrations.loader import MigrationLoader  # noqa: E402
from django.db.migrations.state import ModelState, ProjectState  # noqa: E402

from migfix.history import History  # noqa: E402
from migfix.history.fields import Field  # noqa: E402
from migfix.history.model import Model  # noqa: E402
from migfix.history.state import State  # noqa: E402
from migfix.project.django.installed_apps import loaded  # noqa: E402
from migfix.project.facts import Facts  # noqa: E402
from migfix.project.git.repository import Repository  # noqa: E402
from migfix.project.labels import label_of  # noqa: E402
from migfix.project.on_disk import Project  # noqa: E402
from migfix.source.migration import Literal  # noqa: E402


def main() -> None:
    root = Path(sys.argv[1])
    facts = loaded()
    folders = facts["folders"]
    assert isinstance(folders, Mapping)
    app, _, name = settings.AUTH_USER_MODEL.partition(".")
    said = Facts(auth_user=(app, name.lower()), folders={label: Path(path) for label, path in folders.items()})
    history = History(said, Project(root, said, (), Repository(root))).whole
    loader = MigrationLoader(None)
    theirs, ours = ProjectState(real_apps=loader.unmigrated_apps), State(said)
    plan: dict[tuple[str, str], None] = {}
    for leaf in sorted(loader.graph.leaf_nodes()):
        plan.update(dict.fromkeys(loader.graph.forwards_plan(leaf)))
    found: dict[str, list[str]] = {}
    told: set[str] = set()
    for key in plan:
        loader.graph.nodes[key].mutate_state(theirs, preserve=False)
        migration = history.migration(key)
        if migration is None:
            found[".".join(key)] = ["is not there"]
            continue
        ours.replay(migration, migration.operations)
        differing = [each for each in differences(theirs, ours, key[0]) if each not in told]
        if differing:
            found[".".join(key)] = differing
            told.update(differing)
    read = {label: label_of(Path(path), root, Facts()) for label, path in folders.items()}
    labels = {label: other for label, other in read.items() if label != other}
    sys.stdout.write(json.dumps({"migrations": len(plan), "labels": labels, "differences": found}))


def differences(theirs: ProjectState, ours: State, app: str) -> Any:
    known = {key: state for key, state in theirs.models.items() if key[0] == app}
    read = {key: model for key, model in ours.models.items() if key[0] == app}
    for key in sorted(known.keys() ^ read.keys()):
        yield f"{'.'.join(key)} is {'missing' if key in known else 'too much'}"
    for key in sorted(known.keys() & read.keys()):
        django_fields = {name: of_django(field, known[key], key) for name, field in known[key].fields.items()}
        own_fields = {name: of_source(field, read[key], ours.facts) for name, field in read[key].fields.items()}
        for name in sorted(django_fields.keys() ^ own_fields.keys()):
            yield f"{'.'.join(key)}.{name} is {'missing' if name in django_fields else 'too much'}"
        for name in sorted(django_fields.keys() & own_fields.keys()):
            if django_fields[name] != own_fields[name]:
                yield f"{'.'.join(key)}.{name}: {django_fields[name]} is read as {own_fields[name]}"


def of_django(field: models.Field[Any, Any], state: ModelState, key: tuple[str, str]) -> dict[str, Any]:
    _, path, _, given = field.deconstruct()
    target = given.get("to")
    setting = getattr(target, "setting_name", None)
    if setting == "AUTH_USER_MODEL":
        target = settings.AUTH_USER_MODEL
    elif setting:
        target = None  # only Django knows which model another setting names
    if target == "self":
        target = ".".join(key)
    return {
        "class": path.rpartition(".")[2],
        "to": target.lower() if target else None,
        "null": bool(given.get("null")),
        "unique": bool(given.get("unique")),
        "primary_key": bool(given.get("primary_key")),
        "default": "default" in given and given["default"] is not None,
        "column": given.get("db_column") or None,
    }


def of_source(field: Field, model: Model, facts: Facts) -> dict[str, Any]:
    target = field.target(model.app, model.name.lower(), facts)
    said = field.get("to")
    if target is None and isinstance(said, Literal):  # migfix doesn't know the field's class as a relation
        app, _, name = str(said.value).lower().partition(".")
        target = (app, name)
    column = field.get("db_column")
    return {
        "class": field.kind.rpartition(".")[2],
        "to": ".".join(target) if target else None,
        "null": field.is_true("null"),
        "unique": field.is_true("unique"),
        "primary_key": field.is_true("primary_key"),
        "default": field.get("default") is not None and field.default is not None,
        "column": getattr(column, "value", None) or None,
    }


if __name__ == "__main__":
    main()
