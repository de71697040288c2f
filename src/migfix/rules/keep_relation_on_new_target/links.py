"""The one-to-one field between two models, by which a row of one is found from a row of the other."""

from __future__ import annotations

from dataclasses import dataclass

from migfix.history import History
from migfix.history.model import Model
from migfix.source.writer import CannotWrite


@dataclass(frozen=True)
class Link:
    """The field that points from ``owner`` at ``target``. One of them is the old target, and one the new."""

    owner: Model
    field: str
    target: Model
    is_from_new: bool
    """Whether the new target has the field."""

    @property
    def label(self) -> str:
        return f"{self.owner.label}.{self.field}"

    @property
    def old(self) -> Model:
        return self.target if self.is_from_new else self.owner

    @property
    def new(self) -> Model:
        return self.owner if self.is_from_new else self.target


def link_between(old: Model, new: Model, history: History) -> Link:
    """The only such field. Raises CannotWrite if there is none, or more than one."""
    found = [*_links(new, old, True, history), *_links(old, new, False, history)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise CannotWrite(f"no one-to-one field says which {new.name} belongs to which {old.name}")
    names = " and ".join(each.label for each in found)
    raise CannotWrite(f"both {names} say which {new.name} belongs to which {old.name}")


def _links(owner: Model, target: Model, is_from_new: bool, history: History) -> list[Link]:
    return [
        Link(owner, field.name, target, is_from_new)
        for field in owner.fields.values()
        if field.is_key and field.is_unique and not field.get("to_field") and not field.is_parent_link
        if field.target(*owner.key, history.facts) == target.key
    ]
