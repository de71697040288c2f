"""The pages of the rules, as ``migfix explain`` shows them."""

from __future__ import annotations

from pathlib import Path

from migfix.errors import MigfixError

UNREADABLE_PAGE = """\
# MIG001

**migfix can't read this migration, so it doesn't check or rewrite it.**

migfix reads migrations as text and never runs them. It reports MIG001 in these cases:

* `operations` or `dependencies` isn't a plain list, or comes from a base class.
* Other code may change the class: a decorator, a method, or a line after the class.
* The name of a model or a field is built by code, or isn't a valid name.
* The file uses syntax that the Python which runs migfix doesn't know.

Write `operations` and `dependencies` as plain lists, or check the file by hand. `migfix baseline` accepts the finding.
"""

UNCERTAIN_PAGE = """\
# MIG002

**migfix can't tell whether this operation is safe on existing rows.**

Nothing is known to be wrong. But no rule answers for the operation, so a clean result doesn't cover it:

* A primary key is added, removed or changes its type.
* A relation points at another model or another field, or gets a foreign key constraint.
* A generated field is altered, or rows get an order with `order_with_respect_to`.
* The operation, or a field class, isn't Django's own. Code runs that isn't in the file.
* A field changes to a class that wasn't tried, or to a collation in which more values are equal.
* PostgreSQL builds an index on long text, or any database one on an expression.

Try it with `migfix verify`, or on a copy of your database. To accept it, add `# migfix: ignore[MIG002]` to the line.
With `--strict` the exit code is 1.
"""

DRIFTING_PAGE = """\
# MIG003

**A database isn't as its applied migrations say, so a new migration may fail there.**

`migfix check --database ALIAS` reports it for the apps of the new files: an applied migration whose file is gone, an
order in which Django stops, a table or a column that was dropped by hand.

`migfix doctor APP --database ALIAS` looks at everything else too, and shows what mends it. To accept it, use
`--ignore MIG003`.
"""

PAGES = {"MIG001": UNREADABLE_PAGE, "MIG002": UNCERTAIN_PAGE, "MIG003": DRIFTING_PAGE}
"""The pages of codes that aren't rules."""

_INSTALLED = Path(__file__).parents[1] / "docs" / "rules"
_CHECKOUT = Path(__file__).parents[3] / "docs" / "rules"


def read_page(name: str) -> str:
    """The page of the rule with this name. Raises MigfixError if it is missing from the installation."""
    for folder in (_INSTALLED, _CHECKOUT):
        path = folder / f"{name.replace('-', '_')}.md"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise MigfixError(f"The page of {name} is missing from this installation.", "Install migfix again.")
