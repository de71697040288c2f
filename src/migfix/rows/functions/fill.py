"""What fills one column of existing rows."""

from __future__ import annotations

from dataclasses import dataclass

from migfix.history.model import Model
from migfix.rows.functions.variables import Variables, unique
from migfix.source.formatting import Brackets, Code, flatten


@dataclass(frozen=True)
class Fill:
    """One fill function: rows of ``model`` whose ``field`` is NULL get ``value``."""

    model: Model
    field: str
    value: Code
    """Code of the value. Unless ``is_for_all``, it is evaluated for each row and may use ``row``."""
    comment: str
    is_for_all: bool = False
    is_sent_as_sql: bool = False
    """Whether the values are the parameters of plain UPDATE statements."""
    room: int | None = None
    """The length of the column, if it is text."""
    slug_of: str | None = None
    """The text field that a slug is made from. ``value`` then calls slugify()."""
    on_postgresql: str | None = None
    """An expression with which PostgreSQL makes a value for each row by itself."""
    reason: str = ""
    """Where a value for all rows comes from, to be printed."""
    left: str | None = None
    """What going back leaves in place, as a comment on the RunPython."""
    needs: tuple[Model, ...] = ()
    """Other models whose rows the value creates."""
    imports: tuple[tuple[str, str | None], ...] = ()
    read: frozenset[str] = frozenset()
    """The names in ``value`` that refer to names of the file."""

    @property
    def variables(self) -> Variables:
        return Variables(unique((self.model, *self.needs)), self.read)

    @property
    def attribute(self) -> str:
        """The attribute that holds the value: ``author_id`` for a foreign key that gets a key rather than a row."""
        field = self.model.fields.get(self.field)
        return f"{self.field}_id" if field and field.is_key and not self.needs else self.field

    @property
    def what(self) -> str:
        """What each row gets, to be printed."""
        if self.slug_of:
            return f"a slug made from its {self.slug_of}"
        if not self.needs:
            return "its own value"
        values = ", ".join(map(flatten, self.value.items)) if isinstance(self.value, Brackets) else ""
        return f"a {self.needs[0].label}({values}) of its own"
