"""``[tool.migfix]`` in pyproject.toml, and the flags that go before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from migfix.project.facts import Facts

AFTER_MAKEMIGRATIONS = ("ask", "fix", "show", "off")

BASELINE = "migfix-baseline.json"
DEFAULT_SELECT = ("MIG1", "MIG2", "MIG3")


@dataclass(frozen=True, eq=False, repr=False)
class Config:
    """What is in force for one run."""

    home: Path = Path()
    """The folder whose pyproject.toml says it, else the project."""
    baseline: Path = Path()
    """The folder of the baseline: the nearest that has one, in the project or above it, else ``home``."""
    facts: Facts = field(default_factory=Facts)
    select: tuple[str, ...] = DEFAULT_SELECT
    ignore: tuple[str, ...] = ()
    settings: str | None = None
    unasked: str | None = None
    """The settings that only pyproject.toml names and that nobody confirmed: to import them runs the tree's code."""
    database: str | None = None
    databases: tuple[str, ...] = ()
    """The databases whose applied migrations are left alone, where settings say how to reach them."""
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Pattern of paths below the project -> codes that are accepted there."""
    after_makemigrations: str = "ask"
    has_baseline: bool = True
    """Whether what the project's baseline accepts is accepted."""
    since: str | None = None
    """The commit that holds what may be deployed, instead of the default branch."""
    is_picked: bool = False
    """Whether git chose the files, rather than a person."""
    is_all: bool = False
    """Whether every migration is wanted also where nobody knows what is deployed."""
