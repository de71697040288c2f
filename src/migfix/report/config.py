"""The configuration as TOML, with a comment on where each value comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from migfix.planning.registry import selected
from migfix.project.config import Config
from migfix.project.config.table import KEYS
from migfix.project.facts import Facts


def render_config(config: Config, place: Path, table: Mapping[str, object] | None, facts: Facts) -> str:
    """Every key of [tool.migfix], which is at ``place``. ``facts`` also has what the project's files define."""
    lines = [f"# {place}" if table is not None else f"# {place} has no [tool.migfix]", "[tool.migfix]"]
    defaults, read = _defaults(config), _read(facts)
    for key in KEYS:
        if table is not None and key in table:
            lines.append(f"{key} = {_toml(table[key])}  # pyproject.toml")
        elif key in defaults:
            lines.append(f"{key} = {_toml(defaults[key])}  # default")
        elif key in read:
            lines.append(f"{key} = {_toml(read[key])}  # read from the settings that manage.py names")
        else:
            lines.append(f"# {key}: {_UNSET.get(key, 'not set')}")
    return "\n".join([*lines, f"# rules: {' '.join(_rules(config))}", ""])


def config_as_json(config: Config, place: Path, table: Mapping[str, object] | None, facts: Facts) -> str:
    """The same as JSON: the file, the keys that are set, and the codes of the rules that are on."""
    content = {
        "file": str(place) if table is not None else None,
        "values": {**_defaults(config), **_read(facts), **(table or {})},
        "rules": _rules(config),
    }
    return json.dumps(content, indent=1, default=str) + "\n"


def _defaults(config: Config) -> dict[str, object]:
    return {"select": list(config.select), "ignore": [], "after-makemigrations": config.after_makemigrations}


def _read(facts: Facts) -> dict[str, object]:
    """The values that come from the project's files."""
    return {"auth-user-model": ".".join(facts.auth_user)} if facts.auth_user else {}


def _rules(config: Config) -> list[str]:
    return sorted(rule.code for rule in selected(config.select, config.ignore))


_UNSET = {
    "extend-select": "nothing beyond `select`",
    "engines": "any database; fixes must work on all of them",
    "settings": "the project isn't imported; verify uses DJANGO_SETTINGS_MODULE, then manage.py",
    "apps": "labels are read from apps.py and from dependencies",
    "django": "read from the first line of each migration",
    "databases": "no database is asked what is applied",
}


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)
