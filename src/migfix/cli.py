"""The command line: options in, text and exit code out."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migfix import __version__
from migfix.errors import MigfixError

if TYPE_CHECKING:
    from migfix.config import Config
    from migfix.run import Outcome

app = typer.Typer(
    name="migfix",
    help="Rewrite freshly generated Django migrations so that they succeed on your rows and go back.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

FIXED, LEFT, FAILED = 0, 1, 2
"""Exit codes: nothing is left to do, a person must decide or would see a change, could not run."""


class Verb(Enum):
    apply = "apply"
    diff = "diff"
    check = "check"


Paths = Annotated[list[Path], typer.Argument(help="Migration files, or folders that hold some.", show_default=False)]
Texts = list[str]


def planning_command(verb: Verb) -> Callable[..., None]:
    """The command that makes a plan and stops at the door that ``verb`` names; all three take the same options."""

    def command(
        paths: Paths,
        select: Annotated[
            Texts, typer.Option(help="Rules to use instead of the default ones: MIG101, MIG1, ALL.")
        ] = [],  # noqa: B006
        extend_select: Annotated[Texts, typer.Option(help="Rules to use beside the default ones.")] = [],  # noqa: B006
        ignore: Annotated[Texts, typer.Option(help="Rules to leave out.")] = [],  # noqa: B006
        set_: Annotated[
            Texts, typer.Option("--set", help="A value for placeholder rows: blog.Category.name=News.")
        ] = [],  # noqa: B006
        set_noop: Annotated[
            bool, typer.Option("--set-noop", help="Write a noop reverse also where running the step twice does harm.")
        ] = False,
        all_or_nothing: Annotated[
            bool, typer.Option("--all-or-nothing", help="Write nothing if something is left to decide.")
        ] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the diff and write nothing.")] = False,
        engines: Annotated[
            Texts, typer.Option("--engines", "--engine", help="Databases the project runs on: postgresql,sqlite.")
        ] = [],  # noqa: B006
        apps: Annotated[Texts, typer.Option("--app", help="Label of the app in a folder: PATH=LABEL.")] = [],  # noqa: B006
        auth_user_model: Annotated[str | None, typer.Option(help="AUTH_USER_MODEL of the project.")] = None,
        django: Annotated[str | None, typer.Option(help="Django version the project runs on.")] = None,
        migration_modules: Annotated[
            Texts, typer.Option("--migration-module", help="As MIGRATION_MODULES: LABEL=dotted.module.")
        ] = [],  # noqa: B006
        settings: Annotated[
            str | None, typer.Option(help="Also prove with Django itself: imports the project with these settings.")
        ] = None,
        database: Annotated[
            str | None, typer.Option(help="Also look at this database of the settings: what already ran there.")
        ] = None,
    ) -> None:
        from migfix.config import load_config, pairs, with_facts, with_selection
        from migfix.history.static import find_root

        config = load_config(find_root(Path(os.path.commonpath([path.absolute() for path in paths]))))
        config = with_selection(config, select, extend_select, ignore, settings, database)
        config = with_facts(
            config,
            engines=engines,
            apps=pairs(apps, "--app"),
            auth_user_model=auth_user_model,
            django=django,
            migration_modules=pairs(migration_modules, "--migration-module"),
            values=pairs(set_, "--set"),
            set_noop=set_noop,
        )
        door = Verb.diff if verb is Verb.apply and dry_run else verb
        raise typer.Exit(_through(door, paths, config, all_or_nothing, list(pairs(set_, "--set"))))

    return command


app.command("apply", help="Rewrite migrations in place.")(planning_command(Verb.apply))
app.command("diff", help="Show what apply would change as a patch, with the reasons on stderr.")(
    planning_command(Verb.diff)
)
app.command("check", help="Report what apply would change; exit 1 if anything.")(planning_command(Verb.check))


def _through(door: Verb, paths: list[Path], config: Config, all_or_nothing: bool, set_names: list[str]) -> int:
    """Plan, and stop at the door; the exit code."""
    from migfix.run import run

    _put_back_after_a_crash()
    outcome = run(paths, config, all_or_nothing=all_or_nothing)
    is_written = door is Verb.apply and bool(outcome.plan.after) and not outcome.errors
    if is_written:
        from migfix.write import write_all

        write_all(_state_root(Path(next(iter(outcome.plan.after)))), outcome.plan.before, outcome.plan.after)
    if outcome.is_clean:
        typer.echo("nothing to do", err=door is Verb.diff)
    else:
        _report(door, outcome, set_names, config.database, "rewritten" if is_written else "would be rewritten")
    if outcome.errors:
        return FAILED
    if door is Verb.apply:
        return LEFT if outcome.plan.refusals else FIXED
    return FIXED if outcome.is_clean else LEFT


def _report(door: Verb, outcome: Outcome, set_names: list[str], database: str | None, verb: str) -> None:
    from migfix.report.text import render_plan, summary

    here = Path.cwd()
    is_patch = door is Verb.diff
    typer.echo(render_plan(outcome.plan, here, database), nl=False, err=is_patch)
    used = {name.lower() for rewrite in outcome.plan.rewrites for name in rewrite.used_values}
    for name in set_names if outcome.plan.rewrites else []:
        if name.lower() not in used:
            typer.echo(f"--set {name}: no placeholder row needed this value.", err=True)
    for error in outcome.errors:
        typer.echo(f"error: {error}", err=True)
    if is_patch and outcome.plan.after:
        from migfix.report.diff import coloured, render_diff

        diff = render_diff(outcome.plan, _patch_root(outcome, here))
        is_coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        typer.echo(coloured(diff) if is_coloured else diff, nl=False, color=True)
    written = "nothing was written" if outcome.errors and outcome.plan.after else ""
    closing = ", ".join(filter(None, [summary(outcome.plan, verb), written]))
    if closing:
        typer.echo(closing, err=is_patch)


def _patch_root(outcome: Outcome, here: Path) -> Path:
    """Where the paths of a patch start: here, or the project if its files lie elsewhere."""
    from migfix.history.static import find_root

    paths = [Path(path) for path in outcome.plan.after]
    return here if all(path.is_relative_to(here) for path in paths) else find_root(paths[0].parent)


def _state_root(file: Path) -> Path:
    """Where ``.migfix/`` lies: in the project that we are in, or in that of the file if this one can't be written."""
    from migfix.history.static import find_root

    here = Path.cwd()
    marked = next((folder for folder in (here, *here.parents) if (folder / ".migfix").is_dir()), None)
    root = marked or next(
        (f for f in (here, *here.parents) if any((f / m).exists() for m in ("manage.py", "pyproject.toml", ".git"))),
        here,
    )
    return root if os.access(root, os.W_OK) else find_root(file.parent)


def _put_back_after_a_crash() -> None:
    root = _state_root(Path.cwd() / "x")
    if (root / ".migfix" / "writing").exists():
        from migfix.write import recover

        for path in recover(root):
            typer.echo(f"{path}: put back as it was, because an earlier run was killed while it wrote.", err=True)


@app.command("undo")
def undo() -> None:
    """Take the last apply back: every file as it was."""
    from migfix.report.text import shown
    from migfix.write import undo as undo_last

    _put_back_after_a_crash()
    for path in undo_last(_state_root(Path.cwd() / "x")):
        typer.echo(f"{shown(path, Path.cwd())}: as it was before")


@app.command("rules")
def rules() -> None:
    """List the rules."""
    from migfix.config import DEFAULT_SELECT
    from migfix.registry import all_rules

    for rule in all_rules():
        is_default = rule.code.startswith(DEFAULT_SELECT)
        typer.echo(f"{rule.code}  {'on ' if is_default else 'off'}  {rule.name:<26}  {rule.why}")


@app.command("explain")
def explain(rule: Annotated[str, typer.Argument(help="A code or a name: MIG101, seed-default-row.")]) -> None:
    """Show the page of a rule."""
    from migfix.pages import read_page
    from migfix.registry import find_rule

    typer.echo(read_page(find_rule(rule).name), nl=False)


@app.command("demo")
def demo() -> None:
    """Build a small blog with rows on SQLite, break it, repair it, and prove it."""
    from migfix.demo import run_demo

    raise typer.Exit(FIXED if run_demo(typer.echo) else FAILED)


def _version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"migfix {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """The entry point: an error that the user can mend is one line."""
    gc.disable()  # a short run has nothing to gain from it
    asked_for = [each for each in app.registered_commands if [each.name] == sys.argv[1:2]]
    if asked_for:  # Typer builds the options of every command that it knows, 5 ms a run
        app.registered_commands = asked_for
    try:
        app()
    except MigfixError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(FAILED) from None


def run_and_leave() -> None:
    """What the installed script calls: ``main``, without taking every module apart at the end (10 ms a run)."""
    try:
        main()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
