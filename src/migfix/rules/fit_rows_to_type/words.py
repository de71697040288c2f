"""Measured facts in words."""

from __future__ import annotations

from migfix.changes.type_facts import Problems

ENGINE_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB", "mysql": "MySQL"}
_VALUES = {
    "empty": "''",
    "letters": "'abc'",
    "long": "long text",
    "largest": "large numbers",
    "large": "large numbers",
    "negative": "negative numbers",
    "half": "1.5",
    "fine": "fractions",
    "small": "7",
    "true": "true",
    "null": "NULL",
}
_OUTCOMES = {
    "fails": "the migration fails",
    "unreadable": "the row can't be read afterwards",
    "changed": "the value changes",
    "not found": "the row isn't found afterwards",
    "lost": "the value is lost when going back",
}
_MOST = 2


def shown(wrong: Problems) -> str:
    """What goes wrong on which engine: ``the migration fails on '' and 'abc' (PostgreSQL, MySQL)``."""
    said: dict[str, list[str]] = {}
    for engine, name in ENGINE_NAMES.items():
        found = wrong.get(engine)
        if not found:
            continue
        outcome = next((each for each in _OUTCOMES if each in found.values()), "fails")
        kinds = [kind.removeprefix("back ") for kind, each in found.items() if each == outcome]
        values = [_VALUES[kind] for kind in kinds if kind in _VALUES][:_MOST]
        back = " when going back" if outcome == "fails" and all(kind.startswith("back ") for kind in found) else ""
        text = f"{_OUTCOMES[outcome]}{back}{' with ' + ' or '.join(values) if values else ''}"
        said.setdefault(text, []).append(name)
    return "; ".join(f"{text} ({', '.join(engines)})" for text, engines in said.items())
