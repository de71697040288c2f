"""A model moves to another app, and its rows would be lost.

``makemigrations`` writes a CreateModel in the new app and a DeleteModel in the old one. On every engine, ``migrate``
creates an empty table and drops the full one. If foreign keys point at the rows, it fails half-way with
``IntegrityError`` instead. migfix can't know that the model moved: pass ``--moved cars.Engine=engines.Engine``.
The rule then keeps the table: the state changes on both sides, and the table and its content type are renamed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it deletes a model, or creates one while another new file deletes one."""
    is_creating = b"CreateModel" in migration.source
    return b"DeleteModel" in migration.source or (is_creating and bool(history.new_mentioning("DeleteModel")))


RULE = Rule(
    code="MIG107",
    name="keep-rows-on-move",
    why="A model that moves to another app must take its table along, or all rows are lost.",
    concerns=concerns,
    needs_all=True,
    order=15,
    resolves={
        "django-migration-linter": ("DROP_TABLE",),
        "django-safe-migrations": ("SM003",),
        "squawk": ("ban-drop-table",),
        "zdm": ("R019",),
    },
)
