"""The pages of the rules, as ``migfix explain`` shows them."""

from __future__ import annotations

from pathlib import Path

from migfix.errors import MigfixError

_INSTALLED = Path(__file__).parents[1] / "docs" / "rules"
_CHECKOUT = Path(__file__).parents[3] / "docs" / "rules"


def read_page(name: str) -> str:
    """The page of the rule with this name. Raises MigfixError if it is missing from the installation."""
    for folder in (_INSTALLED, _CHECKOUT):
        path = folder / f"{name.replace('-', '_')}.md"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise MigfixError(f"The page of {name} is missing from this installation.", "Install migfix again.")
