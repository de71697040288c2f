"""Findings, rule pages and configuration in the colors of a terminal."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType
from rich.highlighter import RegexHighlighter
from rich.markdown import Markdown
from rich.syntax import Syntax
from rich.text import Text
from rich.theme import Theme

_THEME = Theme(
    {
        "migfix.path": "bold",
        "migfix.code": "cyan",
        "migfix.fix": "green",
        "migfix.refusal": "yellow",
        "migfix.label": "dim",
        "migfix.error": "bold red",
    }
)


class _Findings(RegexHighlighter):
    """The parts of a finding that are colored."""

    base_style = "migfix."
    highlights = (
        r"(?m)^(?P<path>[^\n]*?:\d+): MIG",
        r"\b(?P<code>MIG\d{3}(?: [a-z][a-z-]+)?)",
        r"(?m)^  (?P<fix>fix:)",
        r"(?P<refusal>can't fix:)",
        r"(?m)^  (?P<label>(?:row|also|next|see|suggestion):)",
        r"(?m)^(?P<error>error:)",
    )


def highlighted(text: str) -> str:
    """Findings, or a list of rules."""
    return _printed(_Findings()(Text(text)), width=None)


def page(markdown: str, width: int) -> str:
    """The page of a rule, at most ``width`` columns wide."""
    return _printed(Markdown(markdown), width)


def toml(text: str) -> str:
    """A configuration."""
    return _printed(Syntax(text, "toml", theme="ansi_dark", background_color="default"), width=None)


def _printed(what: RenderableType, width: int | None) -> str:
    paper = io.StringIO()
    console = Console(file=paper, width=width, theme=_THEME, force_terminal=True, color_system="standard")
    console.print(what, end="", soft_wrap=width is None)
    return paper.getvalue()
