"""The migrations of installed packages, found in their RECORD files. They are read from disk and never imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migfix.project.files import is_module_name


@dataclass(frozen=True, eq=False, repr=False)
class Package:
    """The migrations of one folder as a distribution ships them."""

    distribution: str
    version: str
    place: Path
    """The site-packages folder that it is in."""
    folder: Path
    shipped: frozenset[str]
    """Names of the migrations that RECORD lists. The folder may contain other files."""

    @property
    def title(self) -> str:
        """``django-taggit 6.1.0``, as pip calls it."""
        return f"{self.distribution} {self.version}"

    @property
    def module(self) -> str:
        """The dotted name of the app's package, as in INSTALLED_APPS."""
        return ".".join(self.folder.relative_to(self.place).parts[:-1])

    @property
    def files(self) -> tuple[Path, ...]:
        """The shipped files that exist, sorted by name."""
        paths = (self.folder / f"{name}.py" for name in sorted(self.shipped))
        return tuple(path for path in paths if path.is_file())


def packages(root: Path) -> tuple[Package, ...]:
    """Every folder of migrations that a distribution in the project's environments ships, nearest first."""
    found: dict[Path, Package] = {}
    for place in _site_packages(root):
        for record in sorted(place.glob("*.dist-info/RECORD")):
            for each in _shipped(place, record):
                found.setdefault(each.folder, each)
    return tuple(found.values())


def module_source(root: Path, name: str) -> tuple[str, bytes] | None:
    """Path and source of a module of an installed package, by its dotted name; None if its source doesn't exist."""
    if not is_module_name(name):
        return None
    for place in _site_packages(root):
        path = place.joinpath(*name.split("."))
        for each in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
            if each.is_file():
                return str(each), each.read_bytes()
    return None


def _site_packages(root: Path) -> list[Path]:
    """The site-packages of the active environment, of environments in the project, and of migfix's own."""
    environments = [Path(active)] if (active := os.environ.get("VIRTUAL_ENV")) else []
    environments += [root / name for name in (".venv", "venv", "env") if (root / name / "pyvenv.cfg").is_file()]
    found = [path for each in environments for path in _libraries(each)]
    found += [path for entry in sys.path if (path := Path(entry)).name in ("site-packages", "dist-packages")]
    return list(dict.fromkeys(path for path in found if path.is_dir()))


def _libraries(environment: Path) -> list[Path]:
    return [*sorted(environment.glob("lib/python*/site-packages")), environment / "Lib" / "site-packages"]


def _shipped(place: Path, record: Path) -> Iterator[Package]:
    """The folders of migrations in one RECORD (Python Packaging, "Recording installed projects")."""
    if not record.is_file():
        return
    try:
        text = record.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if "migrations/" not in text:
        return
    folders: dict[str, set[str]] = {}
    for line in text.splitlines():
        # A row of CSV: path, hash, size. Only the path may contain commas, and is in quotes then.
        path = line.rsplit(",", 2)[0].strip('"')
        folder, _, name = path.rpartition("/")
        if "migrations" in folder.rpartition("/")[2] and name.endswith(".py") and name[0] not in "_~":
            folders.setdefault(folder, set()).add(name.removesuffix(".py"))
    distribution, _, version = record.parent.name.removesuffix(".dist-info").partition("-")
    for folder, names in folders.items():
        yield Package(distribution.replace("_", "-"), version, place, place / folder, frozenset(names))
