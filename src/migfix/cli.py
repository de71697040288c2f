"""The command line: options in, text and exit code out."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migfix import __version__
from migfix.errors import MigfixError

if TYPE_CHECKING:
    from migfix.config import Config
    from migfix.prove.proof import Proof
    from migfix.prove.verify import Version
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


Texts = list[str]
Paths = Annotated[list[Path], typer.Argument(help="Migration files, or folders that hold some.", show_default=False)]
Select = Annotated[Texts, typer.Option(help="Rules to use instead of the default ones: MIG101, MIG1, ALL.")]
ExtendSelect = Annotated[Texts, typer.Option(help="Rules to use beside the default ones.")]
Ignore = Annotated[Texts, typer.Option(help="Rules to leave out.")]
Set = Annotated[Texts, typer.Option("--set", help="A value for placeholder rows: blog.Category.name=News.")]
SetNoop = Annotated[
    bool, typer.Option("--set-noop", help="Write a noop reverse also where running the step twice does harm.")
]
Moved = Annotated[Texts, typer.Option("--moved", help="A model that moved: cars.Engine=engines.Engine.")]
AllOrNothing = Annotated[bool, typer.Option("--all-or-nothing", help="Write nothing if something is left to decide.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the diff and write nothing.")]
Engines = Annotated[
    Texts, typer.Option("--engines", "--engine", help="Databases the project runs on: postgresql,sqlite.")
]
Apps = Annotated[Texts, typer.Option("--app", help="Label of the app in a folder: PATH=LABEL.")]
UserModel = Annotated[str | None, typer.Option(help="AUTH_USER_MODEL of the project.")]
DjangoVersion = Annotated[str | None, typer.Option(help="Django version the project runs on.")]
Modules = Annotated[Texts, typer.Option("--migration-module", help="As MIGRATION_MODULES: LABEL=dotted.module.")]
Settings = Annotated[
    str | None, typer.Option(help="Also prove with Django itself: imports the project with these settings.")
]
Database = Annotated[
    str | None, typer.Option(help="Also look at this database of the settings: what already ran there.")
]
Verify = Annotated[bool, typer.Option("--verify", help="Write only what passes on scratch databases.")]
VerifyEngines = Annotated[
    Texts, typer.Option("--verify-engine", help="Where --verify runs: sqlite, or a URL. Default: as the settings say.")
]


def planning_command(verb: Verb) -> Callable[..., None]:
    """The command that makes a plan and stops at the door that ``verb`` names; all three take the same options."""

    def command(
        paths: Paths,
        select: Select = [],  # noqa: B006
        extend_select: ExtendSelect = [],  # noqa: B006
        ignore: Ignore = [],  # noqa: B006
        set_: Set = [],  # noqa: B006
        moved: Moved = [],  # noqa: B006
        set_noop: SetNoop = False,
        all_or_nothing: AllOrNothing = False,
        dry_run: DryRun = False,
        engines: Engines = [],  # noqa: B006
        apps: Apps = [],  # noqa: B006
        auth_user_model: UserModel = None,
        django: DjangoVersion = None,
        migration_modules: Modules = [],  # noqa: B006
        settings: Settings = None,
        database: Database = None,
        is_verified: Verify = False,
        verify_engines: VerifyEngines = [],  # noqa: B006
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
            moved=pairs(moved, "--moved"),
            set_noop=set_noop,
        )
        door = Verb.diff if verb is Verb.apply and dry_run else verb
        proving = tuple(verify_engines) or (None,) if is_verified or verify_engines else ()
        raise typer.Exit(_through(door, paths, config, all_or_nothing, list(pairs(set_, "--set")), proving))

    return command


app.command("apply", help="Rewrite migrations in place.")(planning_command(Verb.apply))
app.command("diff", help="Show what apply would change as a patch, with the reasons on stderr.")(
    planning_command(Verb.diff)
)
app.command("check", help="Report what apply would change; exit 1 if anything.")(planning_command(Verb.check))


def _through(
    door: Verb,
    paths: list[Path],
    config: Config,
    all_or_nothing: bool,
    set_names: list[str],
    proving: tuple[str | None, ...],
) -> int:
    """Plan, prove on the engines that were named, and stop at the door; the exit code."""
    from migfix.run import run

    _put_back_after_a_crash()
    outcome = run(paths, config, all_or_nothing=all_or_nothing)
    if proving and outcome.plan.after and not outcome.errors:
        outcome, is_told = _proven(outcome, paths, config, proving)
        if not is_told:
            return FAILED
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


def _proven(
    outcome: Outcome, paths: list[Path], config: Config, engines: tuple[str | None, ...]
) -> tuple[Outcome, bool]:
    """What passes on scratch databases, and whether that could be told."""
    from dataclasses import replace

    from migfix.prove.passing import passing
    from migfix.verifying import question_for, root_of

    question = question_for(root_of(paths), config, engines)
    with _progress(len(engines)) as on_step:
        plan, proofs = passing(outcome.plan, question, on_step)
    for proof in proofs:
        _show(proof, is_error=True)
    return replace(outcome, plan=plan), all(proof.is_told for proof in proofs)


@contextmanager
def _progress(trials: int) -> Iterator[Callable[[str], object]]:
    """A bar on stderr that names the step, nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from migfix.report.proof import STEPS

    columns = SpinnerColumn(), BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task, seen = progress.add_task("making scratch databases", total=trials * len(STEPS)), set[str]()

        def on_step(step: str) -> None:
            progress.update(task, description=step, advance=step not in seen)
            seen.add(step)

        yield on_step


def _show(proof: Proof, is_error: bool = False, is_telling_sql: bool = False) -> None:
    from shutil import get_terminal_size

    from migfix.report.proof import render_proof, render_sql

    is_terminal = (sys.stderr if is_error else sys.stdout).isatty()
    width = get_terminal_size((140, 24)).columns if is_terminal else 140
    is_coloured = is_terminal and "NO_COLOR" not in os.environ
    if is_telling_sql:
        typer.echo(render_sql(proof, width, is_coloured), nl=False, err=is_error, color=is_coloured)
    typer.echo(render_proof(proof, Path.cwd(), width, is_coloured), nl=False, err=is_error, color=is_coloured)


@app.command("verify")
def verify(
    what: Annotated[
        list[str],
        typer.Argument(
            help="Migration files or folders, or an app and the beginning of a name: blog 0002. Several are proven "
            "together, as one deployment.",
            show_default=False,
        ),
    ],
    settings: Annotated[
        str | None,
        typer.Option(help="Settings of the project. Else: [tool.migfix], DJANGO_SETTINGS_MODULE, what manage.py says."),
    ] = None,
    database: Annotated[str | None, typer.Option(help="The database of the settings to prove on: default.")] = None,
    engines: Annotated[
        Texts,
        typer.Option("--engine", help="Where: sqlite, postgresql://user@host, mysql://… Default: as the settings say."),
    ] = [],  # noqa: B006
    rows: Annotated[int, typer.Option(min=2, help="Synthetic rows for each table.")] = 3,
    rows_from: Annotated[Path | None, typer.Option(help="SQL that puts in rows of your own instead.")] = None,
    is_comparing: Annotated[
        bool, typer.Option("--compare", help="Try the original files beside the rewritten ones.")
    ] = False,
    is_telling_sql: Annotated[
        bool, typer.Option("--sql", help="Show the statements, and locks on PostgreSQL.")
    ] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Everything that was found, for machines.")] = False,
    select: Select = [],  # noqa: B006
    extend_select: ExtendSelect = [],  # noqa: B006
    ignore: Ignore = [],  # noqa: B006
    set_: Set = [],  # noqa: B006
    moved: Moved = [],  # noqa: B006
    set_noop: SetNoop = False,
    project_engines: Annotated[Texts, typer.Option("--engines", help="With --compare: as for apply.")] = [],  # noqa: B006
    auth_user_model: UserModel = None,
) -> None:
    """Run migrations on a scratch database with rows: forward, back, forward. Imports the project."""
    from dataclasses import replace

    from migfix.config import load_config, pairs, with_facts, with_selection
    from migfix.prove.verify import verify as try_out
    from migfix.verifying import earlier_and_now, own_rows, paths_in, question_for, root_of, targets_of

    paths = paths_in(what)
    root = root_of(paths)
    config = with_selection(load_config(root), select, extend_select, ignore, settings, None)
    config = with_facts(
        config,
        engines=project_engines,
        auth_user_model=auth_user_model,
        values=pairs(set_, "--set"),
        moved=pairs(moved, "--moved"),
        set_noop=set_noop,
    )
    where = tuple(part for each in engines for part in ([each] if "://" in each else each.split(",")))
    question = question_for(root, replace(config, database=database), where)
    question = replace(question, count=rows, own_rows=own_rows(rows_from), is_telling_sql=is_telling_sql)
    versions: tuple[Version, ...]
    if is_comparing:
        versions = earlier_and_now(paths, replace(config, settings=question.settings), _state_root(Path.cwd() / "x"))
    else:
        versions = targets_of(what, paths, config)
    with _progress(len(question.engines) * len(versions)) as on_step:
        proof = try_out(question, versions, on_step)
    if is_json:
        from migfix.report.proof import proof_as_json

        typer.echo(proof_as_json(proof), nl=False)
    else:
        _show(proof, is_telling_sql=is_telling_sql)
    raise typer.Exit(FAILED if not proof.is_told else FIXED if proof.is_passed else LEFT)


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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no ✓ shows a question mark
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
