"""The file of one part of a squashed migration."""

from __future__ import annotations

from dataclasses import replace

from migfix.rules.break_dependency_cycle.ranges import Part
from migfix.source.edits import NewFile
from migfix.source.formatting import literal
from migfix.source.migration import Dependency, Migration
from migfix.splitting.follow_up import Piece, follow_up_source


def new_part(
    squashed: Migration,
    source: Migration,
    parts: tuple[Part, ...],
    number: int,
    found: list[Piece],
    functions: list[str],
) -> NewFile:
    part, before = parts[number], parts[number - 1]
    own = f"({literal(squashed.app)}, {literal(before.name)})"
    needed = [each.code for each in part.needed]
    needed += [each.code for each in squashed.dependencies if part_of(each, parts) == number]
    replaced = [f"({literal(each.app)}, {literal(each.name)})" for each in part.replaced]
    reason = f"Split from {squashed.name}: other apps' migrations come in between."
    is_initial = any(each.initial for each in part.replaced)
    is_atomic = source.atomic and all(each.atomic for each in part.replaced)
    source = replace(source, initial=is_initial, atomic=is_atomic)
    content = follow_up_source(source, list(dict.fromkeys([own, *needed])), found, functions, reason, replaces=replaced)
    return NewFile(part.path, squashed.app, content)


def part_of(dependency: Dependency, parts: tuple[Part, ...]) -> int:
    """The first part that needs a dependency of the squashed file; 0 for a dependency that was added by hand."""
    alike = dependency.key, dependency.setting
    return next((i for i, part in enumerate(parts) if alike in {(e.key, e.setting) for e in part.needed}), 0)
