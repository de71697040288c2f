"""Facts about a project that come from options, ``[tool.migfix]``, its settings, or Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from migfix.source.migration import Key

if TYPE_CHECKING:
    from migfix.project.layout import Server

LAST_KEY = 20
"""Which rows of a database are looked at: makemigrations asks for a default, and people answer 1."""
ENGINES = ("sqlite", "postgresql", "mysql", "mariadb", "oracle")


@dataclass(frozen=True, eq=False, repr=False)
class Facts:
    """Facts that can't be read from a migration file. Empty ``engines`` mean any engine."""

    engines: frozenset[str] = frozenset()
    apps: Mapping[str, str] = field(default_factory=dict)
    """Folder of an app or of its migrations, relative to the project -> app label."""
    auth_user: Key | None = None
    """App label and lower-case name of AUTH_USER_MODEL."""
    swapped: Mapping[str, Key] = field(default_factory=dict)
    """Setting that names a model -> app label and lower-case name."""
    folders: Mapping[str, Path] | None = None
    """App label -> folder of its migrations, for every installed app. None if Django wasn't asked."""
    django: tuple[int, int] | None = None
    databases: frozenset[str] = frozenset()
    """The aliases in DATABASES, as far as they are known."""
    has_routers: bool = False
    """Whether routers decide which tables a database has."""
    asked: frozenset[str] = frozenset()
    """The rules that were selected by their code or name, and not with their group."""
    migration_modules: Mapping[str, str] = field(default_factory=dict)
    """App label -> dotted module, the same as Django's MIGRATION_MODULES."""
    values: Mapping[str, object] = field(default_factory=dict)
    """``blog.Category.name`` -> the value for placeholder rows."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """``cars.Engine`` -> ``engines.Engine``: models that moved to another app."""
    duplicates: Mapping[str, str] = field(default_factory=dict)
    """``blog.Post.slug`` -> what happens to rows that share a value: stop, first, suffix, null."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """``blog.Post.title`` -> ``headline``: fields that were renamed, not removed and added."""
    mapped: Mapping[str, str] = field(default_factory=dict)
    """``blog.Post.status`` -> ``open:pending,draft:new``: what stored values become."""
    truncate: frozenset[str] = frozenset()
    """``blog.Post.token``: text that may be cut to its new length."""
    set_noop: bool = False
    applied: Mapping[str, frozenset[Key]] = field(default_factory=dict)
    """Database -> the migrations recorded as applied there, for the databases that were checked."""
    tables: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """Database -> table -> its columns, for the databases that were checked."""
    indexes: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """Database -> table -> the names of its indexes, for the databases that were checked."""
    invalid_indexes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Database -> the indexes that PostgreSQL left when it could not build them."""
    first_keys: Mapping[str, Mapping[str, frozenset[int]]] = field(default_factory=dict)
    """Database -> table -> the primary keys up to ``LAST_KEY`` that are there, for the databases that were checked."""
    servers: Mapping[str, Server] = field(default_factory=dict)
    """Database -> how its tables are stored, for the databases on MySQL and MariaDB that were checked."""
    force: bool = False
    """Whether the named files are rewritten although they may be deployed."""
    follow_up: bool = False
    """Whether the fix for a deployed file is written as a new migration, where a rule can do that."""

    def may_run_on(self, *engines: str) -> bool:
        """Whether one of ``engines`` is or may be used."""
        return not self.engines or bool(self.engines.intersection(engines))
