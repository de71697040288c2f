"""``[tool.migfix]`` in pyproject.toml, and the command-line options that override it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from migfix.project.facts import Facts

AFTER_MAKEMIGRATIONS = ("ask", "fix", "show", "off")

BASELINE = "migfix-baseline.json"
DEFAULT_SELECT = ("MIG1", "MIG2", "MIG3", "MIG500", "MIG6")


@dataclass(frozen=True, eq=False, repr=False)
class Config:
    """The configuration of one run."""

    home: Path = Path()
    """The folder of the pyproject.toml with ``[tool.migfix]``, or else the project."""
    baseline: Path = Path()
    """The folder of the baseline: the nearest one that has it, in the project or above, or else ``home``."""
    facts: Facts = field(default_factory=Facts)
    select: tuple[str, ...] = DEFAULT_SELECT
    ignore: tuple[str, ...] = ()
    settings: str | None = None
    unconfirmed: str | None = None
    """Settings that only pyproject.toml names and the user hasn't confirmed. Importing them runs the tree's code."""
    database: str | None = None
    databases: tuple[str, ...] = ()
    """The databases whose applied migrations count as deployed. They need ``settings``."""
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Pattern of paths below ``home`` -> codes that are accepted there."""
    after_makemigrations: str = "ask"
    has_baseline: bool = True
    """Whether the project's baseline is used."""
    since: str | None = None
    """The commit that contains what may be deployed, instead of the default branch."""
    is_picked: bool = False
    """Whether git chose the files, rather than the user."""
    is_all: bool = False
    """Whether every migration is checked, even if it is unknown what is deployed."""
