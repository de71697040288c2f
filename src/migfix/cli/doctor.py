"""``doctor``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migfix.cli.app import FIXED, LEFT, app
from migfix.cli.options import Color, Colour, PythonPath, Settings, Texts
from migfix.cli.terminal import print_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migfix.commands.doctor.checkout import Checkout
    from migfix.commands.doctor.drift import Drift


@app.command()
def doctor(
    apps: Annotated[Texts, typer.Argument(metavar="[APP]...", help="Only these apps. Default: all.")] = [],  # noqa: B006
    settings: Settings = None,
    databases: Annotated[Texts, typer.Option("--database", help="A database to look at. Default: all.")] = [],  # noqa: B006
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    is_fixing: Annotated[bool, typer.Option("--fix", help="Show what mends it, ask, and carry it out.")] = False,
    is_sure: Annotated[bool, typer.Option("--yes", help="With --fix: don't ask.")] = False,
    is_only_plan: Annotated[bool, typer.Option("--plan-only", help="With --fix: show it, and change nothing.")] = False,
    python_path: PythonPath = None,
    color: Color = Colour.auto,
) -> None:
    """Compare files, records and tables of a database."""
    from migfix.commands.doctor.checkout import checkout_at
    from migfix.commands.doctor.run import diagnose
    from migfix.errors import MigfixError

    def look() -> Checkout:
        return checkout_at(Path.cwd(), apps, settings)

    if is_json and is_fixing and not (is_sure or is_only_plan):
        raise MigfixError("--json asks no question.", "Add --yes to carry the plan out, or --plan-only to see it.")
    found = diagnose(look(), databases)
    is_mending = (is_fixing or is_only_plan) and any(found.values())
    plans: list[dict[str, object]] = []
    for alias in [alias for alias, drifts in found.items() if drifts and is_mending]:
        if not is_json:
            _show({alias: found[alias]})
        plans += _mend(alias, look, is_sure=is_sure, is_only_plan=is_only_plan, is_json=is_json)
    if is_mending and not is_only_plan:
        found = diagnose(look(), databases)
    if is_json:
        listed = [{"database": alias, **asdict(each)} for alias, drifts in found.items() for each in drifts]
        more = {"plans": plans} if is_fixing or is_only_plan else {}
        typer.echo(json.dumps({"version": 1, "findings": listed, **more}, indent=2))
    elif not (is_mending and is_only_plan):
        _show(found)
    raise typer.Exit(LEFT if any(found.values()) else FIXED)


def _show(found: dict[str, list[Drift]]) -> None:
    for alias, drifts in found.items():
        for each in drifts:
            print_text(f"{alias}: {each.name}: {each.what}\n  next: {each.next_step}\n")
        if not drifts:
            typer.echo(f"{alias}: healthy: files, records and tables agree")


def _mend(
    alias: str, look: Callable[[], Checkout], *, is_sure: bool, is_only_plan: bool, is_json: bool
) -> Iterator[dict[str, object]]:
    """Show one plan after the other, and carry out what is agreed to. Yields the plans as data."""
    from migfix.commands.doctor.mend import carry_out, lines_of, next_plan

    checkout, earlier = look(), list[str]()
    while (lines := list(lines_of(plan := next_plan(checkout, alias)))) and lines != earlier:
        if not is_json:
            print_text(f"{alias}: the plan\n" + "\n".join(lines) + "\n")
        if is_only_plan or not (plan.files or plan.steps):
            yield plan.as_data
            return
        if not is_sure and not typer.confirm("Carry it out?"):
            raise typer.Exit(LEFT)
        undo = carry_out(plan)
        yield {**plan.as_data, "undo": undo}
        if not is_json:
            print_text(f"{alias}: done. To undo it, run {undo}\n")
        checkout = look() if plan.files else checkout
        earlier = lines
