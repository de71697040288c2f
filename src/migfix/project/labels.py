"""The app labels of folders of migrations: configured, from apps.py, or guessed from the files' dependencies."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from migfix.project.facts import Facts
from migfix.project.files import is_migration, named_files, read_bytes
from migfix.source.parse import parse

_DEPENDENCY = re.compile(r"""\(\s*["']([^"']+)["']\s*,\s*["']([^"']+)["']\s*,?\s*\)""")


_CONTRIB = frozenset({"auth", "contenttypes", "sites", "sessions", "admin"})


def label_of(folder: Path, root: Path, facts: Facts) -> str:
    """The app label of the migrations in ``folder``."""
    return configured_label(folder, root, facts) or _label_by_dependencies(folder)


def configured_label(folder: Path, root: Path, facts: Facts) -> str | None:
    """The app label from the configuration, a setting or an AppConfig; None if it can only be guessed."""
    configured = {(root / path).resolve(): label for path, label in facts.apps.items()}
    for place in (folder, folder.parent):
        if place.resolve() in configured:
            return configured[place.resolve()]
    for label, module in facts.migration_modules.items():
        if folder.as_posix().endswith("/" + module.replace(".", "/")):
            return label
    return label_in_apps(folder.parent / "apps.py")


def label_in_apps(path: Path) -> str | None:
    """``label = "…"`` of the AppConfig in apps.py; None if it isn't set or isn't a literal."""
    if not path.is_file() or b"label" not in (source := read_bytes(path)):
        return None
    for node in parse(str(path), source).body:
        for statement in node.body if isinstance(node, ast.ClassDef) else ():
            match statement:
                case ast.Assign(targets=[ast.Name(id="label")], value=ast.Constant(value=str() as label)):
                    return label
    return None


def usual_label(folder: Path) -> str:
    return folder.parent.name if "migrations" in folder.name else folder.name


def _label_by_dependencies(folder: Path) -> str:
    """The usual label, unless the files in the folder depend on each other under another label."""
    usual = usual_label(folder)
    files = named_files(folder)
    names = {path.stem for path in files}
    votes: Counter[str] = Counter()
    for path in files:
        source = read_bytes(path)
        text = source.decode(errors="replace") if is_migration(source) else ""
        for app, name in set(_DEPENDENCY.findall(text)):
            votes[app] += name in names and name != path.stem and app not in _CONTRIB
        if votes[usual]:
            return usual
    likely = votes.most_common(1)
    return usual if not likely or votes[usual] or not likely[0][1] else likely[0][0]
