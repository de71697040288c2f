"""Tables that may have rows when a migration runs."""

from __future__ import annotations

from migfix.history.model import Model
from migfix.source.migration import Migration


def may_have_rows(model: Model, migration: Migration) -> bool:
    """Whether an operation of this migration may meet rows of the model.

    The first migrations of an app have ``initial = True``, also the second file that makemigrations writes for keys
    that point in a circle: all of them create the tables together.
    """
    return model.has_own_table and model.made_by != migration.key and migration.initial is not True
