"""``rules``, ``explain`` and ``demo``."""

from __future__ import annotations

from typing import Annotated

import typer

from migfix.cli.app import FAILED, FIXED, app
from migfix.cli.options import Color, Colour, Json, OutputFormat, Report, rules_like, wants_json
from migfix.cli.terminal import show_findings, show_page


@app.command("rules")
def rules(
    output_format: OutputFormat = Report.text,
    is_json: Json = False,
    color: Color = Colour.auto,
) -> None:
    """List the rules."""
    from migfix.planning.registry import all_rules
    from migfix.project.config import DEFAULT_SELECT

    if wants_json(output_format, is_json):
        import json

        listed = [
            {
                "code": rule.code,
                "name": rule.name,
                "why": rule.why,
                "is_on": rule.code.startswith(DEFAULT_SELECT),
                "resolves": {tool: list(codes) for tool, codes in rule.resolves.items()},
            }
            for rule in all_rules()
        ]
        typer.echo(json.dumps(listed, indent=1))
        return
    lines = [
        f"{rule.code} {rule.name:<26}  {'on ' if rule.code.startswith(DEFAULT_SELECT) else 'off'}  {rule.why}\n"
        for rule in all_rules()
    ]
    show_findings("".join(lines))


@app.command("explain")
def explain(
    rule: Annotated[str, typer.Argument(help="A code or a name: MIG101, seed-default-row.", autocompletion=rules_like)],
    color: Color = Colour.auto,
) -> None:
    """Show the page of a rule."""
    from migfix.planning.registry import find_rule
    from migfix.report.rule_pages import PAGES, read_page

    show_page(PAGES.get(rule.upper()) or read_page(find_rule(rule).name))


@app.command("demo")
def demo(color: Color = Colour.auto) -> None:
    """Break and fix a small blog on SQLite."""
    from migfix.commands.demo import run_demo

    raise typer.Exit(FIXED if run_demo(lambda line: show_findings(f"{line}\n")) else FAILED)
