"""What a person told migfix about the project, by flag or in [tool.migfix]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from migfix.source.migration import Key

ENGINES = ("sqlite", "postgresql", "mysql", "mariadb", "oracle")


@dataclass(frozen=True, eq=False, repr=False)
class Facts:
    """Facts that can't be read from a migration file. Unknown engines mean: any."""

    engines: frozenset[str] = frozenset()
    apps: Mapping[str, str] = field(default_factory=dict)
    """Folder of an app, or of its migrations, below the project -> label."""
    auth_user: Key | None = None
    """App label and lower-case name of AUTH_USER_MODEL."""
    swapped: Mapping[str, Key] = field(default_factory=dict)
    """Other settings that name a model -> app label and lower-case name."""
    folders: Mapping[str, Path] | None = None
    """App label -> folder of its migrations for every installed app, where Django was asked."""
    django: tuple[int, int] | None = None
    migration_modules: Mapping[str, str] = field(default_factory=dict)
    """App label -> dotted module, as Django's MIGRATION_MODULES."""
    values: Mapping[str, object] = field(default_factory=dict)
    """``blog.Category.name`` -> the value for placeholder rows."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """``cars.Engine`` -> ``engines.Engine``: models that moved to another app."""
    set_noop: bool = False
    applied: Mapping[str, frozenset[Key]] = field(default_factory=dict)
    """Database -> the migrations recorded as applied there, of the databases that were looked at."""
    force: bool = False
    """Whether the named files are rewritten although they may have run somewhere."""
    follow_up: bool = False
    """Whether what a deployed file lacks is written as a new migration, where that can help."""

    def may_run_on(self, *engines: str) -> bool:
        """Whether one of ``engines`` is used, or may be."""
        return not self.engines or bool(self.engines.intersection(engines))
