"""Files that get another number, with every reference to them. This is the last step of a plan."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from migfix.changes.relabelling import respelled
from migfix.planning.plan import Plan
from migfix.source.migration import Migration


def renumbered(plan: Plan) -> Plan:
    """The plan with the renames of its rewrites: files under their new names, None under the old ones."""
    renames = {old: new for rewrite in plan.rewrites for old, new in rewrite.renames}
    history = plan.history
    if not renames or history is None:
        return plan
    before, after = dict(plan.before), dict(plan.after)
    moved = [each for path in renames if (each := history.at(path))]
    names = {each.key: PurePath(renames[each.path]).stem for each in moved}
    mentioning = {each.path: each for _, name in names for each in history.mentioning(name)}
    for path, migration in ({each.path: each for each in moved} | mentioning).items():
        content = respelled(_content(migration), _places(_content(migration), names))
        if path not in renames and (content == migration.source or "site-packages" in Path(path).parts):
            continue
        before.setdefault(path, _content(migration))
        if path in renames:
            after[path] = None
            before[renames[path]] = None
        after[renames.get(path, path)] = content
    return replace(plan, before=before, after=after)


def _content(migration: Migration) -> bytes:
    return migration.source if migration.on_disk is None else migration.on_disk


def _places(source: bytes, names: Mapping[tuple[str, str], str]) -> Iterator[tuple[tokenize.TokenInfo, str, str]]:
    """The strings after ``("blog", `` that are to be changed, each with its old and new name."""
    tokens = list(tokenize.tokenize(io.BytesIO(source).readline))
    strings = [each for each in tokens if each.type in (tokenize.STRING, tokenize.OP)]
    for app, comma, name in zip(strings, strings[1:], strings[2:], strict=False):
        if comma.string == "," and app.type == name.type == tokenize.STRING:
            key = (str(ast.literal_eval(app.string)), str(ast.literal_eval(name.string)))
            if key in names:
                yield name, key[1], names[key]
