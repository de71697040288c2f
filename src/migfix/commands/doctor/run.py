"""Run ``migfix doctor``: read the files, the records and the tables. Nothing changes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from migfix.commands.doctor.begun import begun
from migfix.commands.doctor.drift import Drift
from migfix.commands.doctor.expected import expected
from migfix.commands.doctor.facets import facets
from migfix.commands.doctor.records import lost_files, out_of_order
from migfix.commands.doctor.tables import extra, missing, not_recorded
from migfix.commands.verify import settings_of
from migfix.errors import MigfixError
from migfix.history import History
from migfix.project.config.pyproject import load_config
from migfix.project.django.applied import Recorded, recorded_in
from migfix.project.django.loaded import with_loaded
from migfix.project.files import find_root
from migfix.project.select import project_at


def diagnose(here: Path, apps: Iterable[str], settings: str | None, databases: Iterable[str]) -> dict[str, list[Drift]]:
    """Database -> what is wrong there, worst first. Without ``apps``, in all installed apps.

    Files that Django can't load are read from source. Raises MigfixError for an app that the project doesn't have, and
    for a database that can't be read.
    """
    root = find_root(here / "x")
    config = load_config(root)
    module = settings_of(root, settings or config.settings)
    facts = with_loaded(config.facts, root, module)
    project = project_at(root, facts).whole()
    history = History(facts, project)
    labels = facts.folders or {}
    wanted = frozenset(apps) or frozenset(labels)
    if lost := sorted(wanted - set(labels)):
        known = ", ".join(sorted(labels))
        raise MigfixError(f"There is no app `{lost[0]}` with migrations.", f"The project has {known}.")
    recorded = recorded_in(root, module, list(databases) or ["default"])
    found = {alias: _drifts(each, wanted, history, (root, module, alias)) for alias, each in recorded.items()}
    unreadable = [Drift("unreadable-file", text, "Mend the file: Django can't load it.") for text in project.errors]
    return {alias: sorted([*unreadable, *each], key=lambda drift: drift.weight) for alias, each in found.items()}


def _drifts(recorded: Recorded, apps: frozenset[str], history: History, where: tuple[Path, str, str]) -> list[Drift]:
    tables = {
        table.lower(): frozenset(column.lower() for column in columns) for table, columns in recorded.tables.items()
    }
    wanted = expected(recorded.applied, apps, history, where)
    invalid = (
        Drift(
            "invalid-index",
            f"PostgreSQL could not build the index {name}: queries don't use it, and its name is taken.",
            f"DROP INDEX CONCURRENTLY {name}; and create it again.",
        )
        for name in sorted(recorded.invalid_indexes)
    )
    return [
        *lost_files(recorded.applied, apps, history),
        *out_of_order(recorded.applied, apps, history),
        *missing(wanted, apps, tables),
        *(begun(wanted) if wanted.compared else not_recorded(wanted, apps, tables)),
        *(facets(wanted) if wanted.compared else ()),
        *extra(wanted, apps, tables),
        *invalid,
        *(_not_compared(app) for app in sorted(apps & wanted.unsure)),
    ]


def _not_compared(app: str) -> Drift:
    what = (
        f"the tables of {app} can't be compared: Django can't load its migrations, and migfix can't read all of them."
    )
    return Drift("not-compared", what, "Mend what keeps Django from loading them first: migfix check.", app)
