"""A database compared with the models of the migrations that it has applied."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.apps import apps as live_apps
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState
from django.db.models import Model

from migfix.repair.facets import Facet, gained_and_lost, is_here, named, table_of, there, wanted
from migfix.repair.history import Applied, key_of, walked
from migfix.repair.progress import Progress, overtaken, progress_of


@dataclass(frozen=True, eq=False)
class Compared:
    """What a database should have, and what it has."""

    applied: Applied
    apps: frozenset[str]
    """The labels of the apps that are asked for."""

    @cached_property
    def state(self) -> ProjectState:
        """The models after the applied migrations."""
        return self.applied.state(self.applied.keys)

    @cached_property
    def models(self) -> list[type[Model]]:
        """The models that have a table of their own here, and the models of their links."""
        every = self.state.apps.get_models(include_auto_created=True)
        return [model for model in every if is_here(self.applied.connection, model)]

    @cached_property
    def real(self) -> set[Facet]:
        """What the database has."""
        return self._read[0]

    @cached_property
    def _read(self) -> tuple[set[Facet], set[str]]:
        return there(self.applied.connection)

    @cached_property
    def begun(self) -> list[Progress]:
        """The migrations that aren't recorded, and of which something is there, in order."""
        known = {app for app, _ in self.applied.keys} | {app for app in self.apps if self._has_tables(app)}
        found = []
        for app in sorted(self.apps & known):
            pending = [each for each in self.applied.pending if each.app_label == app]
            whole, gone = self._whole(app, pending)
            found += [overtaken(each, gone) for each in pending[: max(whole - 1, 0)]]
            rest = (progress_of(self.applied, each, self.real, self.present) for each in pending[max(whole - 1, 0) :])
            found += [each for each in rest if each.is_begun]
        order = {key_of(each): place for place, each in enumerate(self.applied.order)}
        return sorted(found, key=lambda each: order[key_of(each.migration)])

    @cached_property
    def present(self) -> set[Facet]:
        """What the applied migrations should have made, of all apps."""
        return wanted(self.applied.connection, self.models)

    def _whole(self, app: str, pending: list[Migration]) -> tuple[int, set[Facet]]:
        """How many of the pending migrations of an app are in the database as a whole, also through renames.

        As few as possible: those behind them leave no trace. And what they have removed there.
        """
        before = self._of(app, self.state)
        ends = [self._of(app, self.applied.after(key_of(each))) for each in pending]
        for after in reversed(ends):
            gained, lost = gained_and_lost(before, after)
            if gained - self.present and after - before <= self.real and not lost & self.real:
                return ends.index(after) + 1, before - after
        return 0, set()

    def _of(self, app: str, state: ProjectState) -> set[Facet]:
        models = [each for each in state.apps.get_models(include_auto_created=True) if each._meta.app_label == app]
        return wanted(self.applied.connection, models) | named(self.applied.connection, models)

    def _has_tables(self, app: str) -> bool:
        """Whether a table of an app's models is there."""
        models = (each for each in self.applied.end.apps.get_models() if each._meta.app_label == app)
        return any(("table", table_of(model)) in self.real for model in models)

    @cached_property
    def missing(self) -> list[Facet]:
        """What isn't there, without what belongs to something else that isn't there."""
        gone = {facet for each in self.begun for facet in each.gone}
        models = [model for model in self.models if model._meta.app_label in self.apps]
        links = {table_of(model) for model in models if model._meta.auto_created}
        expected = {
            facet
            for facet in wanted(self.applied.connection, models) - gone
            if not (facet[:1] == ("type",) and facet[1] in links and facet[2] == "id")  # Django never changes it
        }
        return left(expected, self.real, self._read[1])

    @cached_property
    def known(self) -> set[Facet]:
        """The columns of the models after all migrations, within those that are begun, and of those in the code."""
        states = [
            self.applied.end,
            *(after for each in self.begun for *_, after in walked(self.applied, each.migration)),
        ]
        every = [model for state in states for model in state.apps.get_models(include_auto_created=True)]
        found = wanted(self.applied.connection, [*every, *live_apps.get_models()])
        return {facet for facet in found if facet[0] == "column"}

    def unknown_columns(self, model: type[Model]) -> list[str]:
        """The columns of a table that no model knows."""
        table, known = table_of(model), self.known | self.present
        return sorted(facet[2] for facet in self.real if facet[:2] == ("column", table) and facet not in known)

    @cached_property
    def strangers(self) -> list[str]:
        """The tables that begin with the label of an app, and that belong to no model.

        If all apps are asked for, also those of apps that are recorded and no longer installed.
        """
        owned = {"django_migrations"}
        for apps in (self.state.apps, self.applied.end.apps, live_apps):
            owned |= {table_of(model) for model in apps.get_models(include_auto_created=True, include_swapped=True)}
        tables = {facet[1] for facet in self.real if facet[0] == "table"} - owned - self._read[1]
        labels, loader = {each.label for each in live_apps.get_app_configs()}, self.applied.loader
        removed = {app for app, _ in loader.applied_migrations} - labels
        asked = self.apps | (removed if loader.migrated_apps <= self.apps else set())
        return sorted(each for each in tables if _label_of(each, labels | removed) in asked)


def left(expected: set[Facet], real: set[Facet], unread: set[str]) -> list[Facet]:
    """The facets that aren't there: first tables, then columns, then the rest of tables and columns that are there."""
    tables = {facet[1] for facet in real if facet[0] == "table"}
    columns = {facet[1:3] for facet in real if facet[0] == "column"}
    typed = {facet[1:3] for facet in real if facet[0] == "type"}
    found = set()
    for facet in expected - real:
        kind, table, *rest = facet
        if table in unread or (table not in tables and kind != "table"):
            continue
        if kind in ("table", "column"):
            found.add(facet)
        elif kind == "type":
            found |= {facet} if facet[1:3] in typed else set()
        elif kind in ("constraint", "named-index") or all((table, column) in columns for column in rest[0].split(",")):
            found.add(facet)
    return sorted(found, key=lambda facet: ({"table": 0, "column": 1}.get(facet[0], 2), facet))


def _label_of(table: str, labels: set[str]) -> str:
    return max((label for label in labels if table.startswith(f"{label.lower()}_")), key=len, default="")
