"""Values that take another form: a key becomes links, links a key, a text a key, or fields move to a new model.

Django can't alter between them, so makemigrations writes a RemoveField and an AddField or a CreateModel. The migration
passes on every engine, and the values are gone. The rule keeps the old field until they are copied, forward and back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether a relation, a text or some fields may take another form in the migration."""
    kinds = {op.kind for op in migration.operations}
    if "CreateModel" in kinds and kinds & {"AlterField", "RemoveField"}:
        return any(word in migration.source for word in (b"ForeignKey", b"OneToOneField", b"ManyToManyField"))
    if "AddField" not in kinds or not kinds & {"RemoveField", "DeleteModel"}:
        return False
    if b"ForeignKey" in migration.source or b"OneToOneField" in migration.source:
        return True
    words = [b"ManyToManyField", b"parent_link", *([b"ForeignKey", b"OneToOneField"] if "DeleteModel" in kinds else [])]
    return any(word in each.source for each in history.app(migration.app).values() for word in words)


RULE = Rule(
    code="MIG115",
    name="copy-links",
    why="Values that take another form, such as a key that becomes links, are lost unless they are copied.",
    concerns=concerns,
    order=15,
)
