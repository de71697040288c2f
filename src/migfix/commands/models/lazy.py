"""``migfix models``: replace imports that are part of a cycle and only used in relations with strings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from migfix.commands.models.imports import Imported, Modules
from migfix.commands.models.targets import Kept, Target, target_of
from migfix.errors import UnreadableFile
from migfix.project.config.pyproject import load_config
from migfix.project.files import find_root, read_bytes
from migfix.project.on_disk import Project
from migfix.project.reader import Module
from migfix.project.select import project_at
from migfix.source.edits import Edit, RemoveImport, ReplaceText
from migfix.source.formatting import literal, quote_of, with_quotes
from migfix.syntax import apply_edits


@dataclass(frozen=True)
class Lazy:
    """The imports that become strings, the cycles that remain, and the files before and after."""

    targets: tuple[Target, ...]
    left: tuple[tuple[str, ...], ...]
    """The modules of each cycle that remains."""
    kept: tuple[Kept, ...]
    before: Mapping[str, bytes | None]
    after: Mapping[str, bytes | None]


def make_lazy(paths: Iterable[Path], project: Project) -> Lazy:
    """Break the import cycles that the modules at ``paths`` are in. Raises UnreadableFile."""
    files = [file for path in paths for file in _model_files(path)]
    start = [Module(str(file), project.app_of(str(file)), read_bytes(file)) for file in files]
    modules = Modules(project, start)
    named = {module.path for module in start}
    gone: dict[Place, Target] = {}
    kept: list[Kept] = []
    while True:
        edges, kept = _candidates(modules, frozenset(gone), named)
        if not edges:
            break
        gone |= {_place(each.imported): each for each in min(edges, key=_cost)}
    rings = [ring for ring in modules.rings(frozenset(gone)) if ring & named]
    for place, each in list(gone.items()):
        if any({each.imported.path, each.imported.source.path} <= ring for ring in rings):
            del gone[place]  # the cycle remains with or without this import
    after = {path: _written(path, modules, gone.values()) for path in {path for path, _, _ in gone}}
    return Lazy(
        tuple(sorted(gone.values(), key=lambda each: _place(each.imported))),
        tuple(tuple(sorted(ring)) for ring in rings),
        tuple(kept),
        {path: modules.modules[path].source for path in after},
        after,
    )


def project_around(path: Path) -> Project:
    """The project that the models at ``path`` belong to."""
    root = find_root(path.absolute() if path.is_dir() else path.absolute().parent)
    return project_at(root, load_config(root).facts)


def _model_files(path: Path) -> list[Path]:
    """The module at ``path``, or the models of the app or apps in that folder. Raises UnreadableFile without any."""
    path = path.absolute()
    if not path.is_dir():
        if path.suffix != ".py" or not path.exists():
            reason = "this is not a Python file." if path.exists() else "no such file or directory."
            raise UnreadableFile(str(path), reason)
        return [path]
    found = [each for each in (path / "models.py",) if each.is_file()]
    found += sorted((path if path.name == "models" else path / "models").glob("*.py"))
    found = found or sorted(each for each in path.glob("*/models.py")) + sorted(path.glob("*/models/*.py"))
    if not found:
        raise UnreadableFile(str(path), "there are no models in this folder.")
    return found


Place = tuple[str, int, str]
"""Path, line and bound name of an import."""


def _place(imported: Imported) -> Place:
    return imported.path, imported.line, imported.bound


def _cost(targets: list[Target]) -> tuple[int, Place]:
    return sum(len(each.uses) for each in targets), _place(targets[0].imported)


def _candidates(modules: Modules, gone: frozenset[Place], named: set[str]) -> tuple[list[list[Target]], list[Kept]]:
    """The imports within cycles that can be removed, grouped by importing and imported module, and those that can't.

    A group is only included if all of its imports can be removed.
    """
    edges: dict[tuple[str, str], list[Target | Kept]] = {}
    for ring in modules.rings(gone):
        for each in (imported for path in sorted(ring & named) for imported in modules.imports[path]):
            if each.source.path in ring and each.source.path != each.path and _place(each) not in gone:
                edges.setdefault((each.path, each.source.path), []).append(target_of(each, modules))
    kept = [each for found in edges.values() for each in found if isinstance(each, Kept)]
    targets = [[each for each in found if isinstance(each, Target)] for found in edges.values()]
    return [each for each, found in zip(targets, edges.values(), strict=True) if len(each) == len(found)], kept


def _written(path: str, modules: Modules, targets: Iterable[Target]) -> bytes:
    source = modules.modules[path].source
    edits: list[Edit] = []
    for each in targets:
        if each.imported.path == path:
            code = with_quotes(literal(each.label), quote_of(source))
            edits += [ReplaceText(path, span, code) for span in each.uses]
            edits.append(RemoveImport(path, each.imported.bound))
    return apply_edits(source, edits)
