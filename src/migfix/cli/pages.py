"""``rules``, ``explain`` and ``demo``."""

from __future__ import annotations

from typing import Annotated

import typer

from migfix.cli.app import FAILED, FIXED, app


@app.command("rules")
def rules(
    is_json: Annotated[bool, typer.Option("--json", help="With the codes of other linters, as JSON.")] = False,
) -> None:
    """List the rules."""
    from migfix.planning.registry import all_rules
    from migfix.project.config import DEFAULT_SELECT

    if is_json:
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
    for rule in all_rules():
        is_default = rule.code.startswith(DEFAULT_SELECT)
        typer.echo(f"{rule.code}  {'on ' if is_default else 'off'}  {rule.name:<26}  {rule.why}")


@app.command("explain")
def explain(rule: Annotated[str, typer.Argument(help="A code or a name: MIG101, seed-default-row.")]) -> None:
    """Show the page of a rule."""
    from migfix.planning.registry import find_rule
    from migfix.report.rule_pages import read_page

    typer.echo(read_page(find_rule(rule).name), nl=False)


@app.command("demo")
def demo() -> None:
    """Build a small blog with rows on SQLite, break it, repair it, and prove it."""
    from migfix.commands.demo import run_demo

    raise typer.Exit(FIXED if run_demo(typer.echo) else FAILED)
