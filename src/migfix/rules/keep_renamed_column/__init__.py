"""A column that is removed and added again, because its field was renamed: all its values are lost.

``author_id = IntegerField()`` becomes ``author = ForeignKey(...)``, whose column is also ``author_id``, or a renamed
field keeps its column with ``db_column``. makemigrations writes a RemoveField and an AddField. The migration passes,
and the values are gone. It writes the same for a rename if the question "Was the field renamed?" wasn't asked or was
answered with no. The rule alters and renames the field instead. If the column changes, a person must confirm. So it is
with models: a DeleteModel and a CreateModel become a RenameModel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration removes a field, which a later file may add, or deletes a model and creates one."""
    kinds = {op.kind for op in migration.operations}
    return "RemoveField" in kinds or {"DeleteModel", "CreateModel"} <= kinds


RULE = Rule(
    code="MIG109",
    name="keep-renamed-column",
    why="A field that is removed and added under another name loses its values; a renamed one keeps them.",
    concerns=concerns,
    order=12,
)
