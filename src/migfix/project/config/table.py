"""``[tool.migfix]`` as a configuration: its keys, their types, their values."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from migfix.errors import ConfigError
from migfix.project.config import AFTER_MAKEMIGRATIONS, DEFAULT_SELECT, Config
from migfix.project.config.options import split_codes, with_facts

KEYS = {
    "select": list,
    "extend-select": list,
    "ignore": list,
    "engines": list,
    "apps": dict,
    "auth-user-model": str,
    "django": str,
    "migration-modules": dict,
    "values": dict,
    "moved": dict,
    "duplicates": dict,
    "renamed": dict,
    "map": dict,
    "truncate": list,
    "settings": str,
    "databases": list,
    "per-file-ignores": dict,
    "after-makemigrations": str,
}


def from_table(table: Mapping[str, object], origin: str) -> Config:
    """The configuration in one ``[tool.migfix]`` table; ``origin`` is its file, for errors. Raises ConfigError."""
    for key, value in table.items():
        if key not in KEYS:
            raise ConfigError(f"{origin}: [tool.migfix] has no key `{key}`.", _suggestion(key, KEYS))
        if not isinstance(value, KEYS[key]):
            raise ConfigError(f"{origin}: `{key}` must be a {_TOML_NAMES[KEYS[key]]}.")
    config = Config(
        select=_codes(table.get("select", DEFAULT_SELECT)) + _codes(table.get("extend-select", ())),
        ignore=_codes(table.get("ignore", ())),
        settings=_text(table.get("settings")),
        databases=_codes(table.get("databases", ())),
        per_file_ignores=_per_file(table.get("per-file-ignores", {}), origin),
        after_makemigrations=_one_of(AFTER_MAKEMIGRATIONS, table, "after-makemigrations", origin),
    )
    return with_facts(
        config,
        engines=_codes(table.get("engines", ())),
        apps=_strings(table.get("apps", {})),
        auth_user_model=_text(table.get("auth-user-model")),
        django=_text(table.get("django")),
        migration_modules=_strings(table.get("migration-modules", {})),
        values=_flat(table.get("values", {})),
        moved=_strings(table.get("moved", {})),
        duplicates=_strings(table.get("duplicates", {})),
        renamed=_strings(table.get("renamed", {})),
        mapped=_strings(table.get("map", {})),
        truncate=_codes(table.get("truncate", ())),
    )


_TOML_NAMES = {list: "list of strings", dict: "table", str: "string"}


def _per_file(value: object, origin: str) -> dict[str, tuple[str, ...]]:
    """Pattern -> codes, which may be one string or a list."""
    found = {}
    for pattern, codes in value.items() if isinstance(value, dict) else ():
        if not isinstance(codes, str | list):
            raise ConfigError(f"{origin}: `per-file-ignores` of {pattern} must be a list of codes.")
        found[str(pattern)] = split_codes([codes] if isinstance(codes, str) else map(str, codes))
    return found


def _one_of(known: tuple[str, ...], table: Mapping[str, object], key: str, origin: str) -> str:
    value = str(table.get(key, known[0]))
    if value not in known:
        raise ConfigError(f"{origin}: `{key}` can't be `{value}`.", f"It is one of {', '.join(known)}.")
    return value


def _suggestion(key: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, known, 1)
    return f"Did you mean `{close[0]}`?" if close else f"It knows {', '.join(known)}."


def _codes(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else ()


def _strings(value: object) -> dict[str, str]:
    return {str(key): str(each) for key, each in value.items()} if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _flat(value: object, prefix: str = "") -> dict[str, object]:
    """Nested tables as dotted names, so that ``[tool.migfix.values.blog.Category] name = …`` works as well."""
    found: dict[str, object] = {}
    for key, each in value.items() if isinstance(value, dict) else ():
        name = f"{prefix}.{key}" if prefix else str(key)
        found.update(_flat(each, name) if isinstance(each, dict) and name.count(".") < 2 else {name: each})
    return found
