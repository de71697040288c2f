"""Run ``migfix doctor``: read the files, the records and the tables. Nothing changes."""

from __future__ import annotations

from collections.abc import Iterable

from migfix.commands.doctor.begun import begun
from migfix.commands.doctor.checkout import Checkout
from migfix.commands.doctor.drift import Drift
from migfix.commands.doctor.edited_files import with_edits
from migfix.commands.doctor.expected import expected
from migfix.commands.doctor.facets import facets
from migfix.commands.doctor.lost_files import lost_files
from migfix.commands.doctor.records import applied_in_part, conflicting, out_of_order
from migfix.commands.doctor.tables import extra, in_lower_case, missing, not_recorded
from migfix.project.django.applied import Recorded, recorded_in


def diagnose(checkout: Checkout, databases: Iterable[str]) -> dict[str, list[Drift]]:
    """Database -> what is wrong there, worst first. Files that Django can't load are read from source.

    Raises MigfixError for a database that can't be read.
    """
    recorded = recorded_in(checkout.root, checkout.settings, list(databases))
    found = {alias: _drifts(each, alias, checkout) for alias, each in recorded.items()}
    unreadable = [Drift("unreadable-file", text, "Mend the file: Django can't load it.") for text in checkout.errors]
    return {alias: sorted([*unreadable, *each], key=lambda drift: drift.weight) for alias, each in found.items()}


def _drifts(recorded: Recorded, alias: str, checkout: Checkout) -> list[Drift]:
    apps, history = checkout.apps, checkout.history
    tables = in_lower_case(recorded.tables)
    wanted = expected(recorded.applied, apps, history, (checkout.root, checkout.settings, alias))
    invalid = (
        Drift(
            "invalid-index",
            f"PostgreSQL could not build the index {name}: queries don't use it, and its name is taken.",
            "Let doctor build it again: migfix doctor --fix shows the statements.",
        )
        for name in sorted(recorded.invalid_indexes)
    )
    found = [
        *(each.drift for each in lost_files(recorded.applied, apps, history)),
        *out_of_order(recorded.applied, apps, history),
        *applied_in_part(recorded.applied, apps, history),
        *conflicting(apps, history),
        *with_edits(missing(wanted, apps, tables), history),
        *(begun(wanted) if wanted.compared else not_recorded(wanted, apps, tables)),
        *(facets(wanted) if wanted.compared else ()),
        *extra(wanted, apps, recorded.tables),
        *invalid,
        *(_not_compared(app) for app in sorted(apps & wanted.unsure)),
    ]
    return [*found, *([_only_read(wanted.problem)] if wanted.problem else [])]


def _only_read(problem: str) -> Drift:
    """What else there may be: Django hasn't looked."""
    reason = problem.removesuffix(" Nothing was written.").rstrip(".")
    what = f"{reason}. So only tables and columns were compared, as migfix reads them from source."
    return Drift("not-compared", what, "Mend that, and run migfix doctor again.")


def _not_compared(app: str) -> Drift:
    what = (
        f"the tables of {app} can't be compared: Django can't load its migrations, and migfix can't read all of them."
    )
    return Drift("not-compared", what, "Mend what keeps Django from loading them first: migfix check.", app)
