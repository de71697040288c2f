"""``apply``, ``diff``, ``check``: one walk that stops at different doors; and ``undo``."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from migfix.cli.app import (
    FAILED,
    FIXED,
    LEFT,
    All,
    AllOrNothing,
    Apps,
    Database,
    DjangoVersion,
    DryRun,
    Engines,
    ExtendSelect,
    FailOnFix,
    FollowUp,
    Force,
    Ignore,
    Modules,
    Moved,
    NewPaths,
    Select,
    Set,
    SetNoop,
    Settings,
    Since,
    Staged,
    UserModel,
    Verify,
    VerifyEngines,
    app,
)
from migfix.cli.terminal import progress, put_back_after_a_crash, show, show_diff

if TYPE_CHECKING:
    from migfix.config import Config
    from migfix.run import Outcome


class Verb(Enum):
    apply = "apply"
    diff = "diff"
    check = "check"


def planning_command(verb: Verb) -> Callable[..., None]:
    """The command that makes a plan and stops at the door that ``verb`` names; all three take the same options."""

    def command(
        paths: NewPaths = [],  # noqa: B006
        since: Since = None,
        is_staged: Staged = False,
        is_all: All = False,
        force: Force = False,
        follow_up: FollowUp = False,
        select: Select = [],  # noqa: B006
        extend_select: ExtendSelect = [],  # noqa: B006
        ignore: Ignore = [],  # noqa: B006
        set_: Set = [],  # noqa: B006
        moved: Moved = [],  # noqa: B006
        set_noop: SetNoop = False,
        all_or_nothing: AllOrNothing = False,
        is_failing_on_fix: FailOnFix = False,
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
        from migfix.history.files import find_root

        groups = [paths] if paths else _new(since, is_staged, is_all)
        door = Verb.diff if verb is Verb.apply and dry_run else verb
        proving = tuple(verify_engines) or (None,) if is_verified or verify_engines else ()
        codes = [FIXED]
        for group in groups:
            config = load_config(find_root(Path(os.path.commonpath([path.absolute() for path in group]))))
            config = with_selection(config, select, extend_select, ignore, settings, database, since, is_all)
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
                force=force,
                follow_up=follow_up,
            )
            code, is_written = _through(door, group, config, all_or_nothing, list(pairs(set_, "--set")), proving)
            codes += [code, LEFT if is_written and is_failing_on_fix else FIXED]
        raise typer.Exit(max(codes))

    return command


app.command("apply", help="Rewrite migrations in place.")(planning_command(Verb.apply))
app.command("diff", help="Show what apply would change as a patch, with the reasons on stderr.")(
    planning_command(Verb.diff)
)
app.command("check", help="Report what apply would change; exit 1 if anything.")(planning_command(Verb.check))


def _new(since: str | None, is_staged: bool, is_all: bool) -> list[list[Path]]:
    """What is planned where no path was named, project by project."""
    from migfix.config import load_config
    from migfix.errors import MigfixError
    from migfix.git import Repository
    from migfix.history.files import find_root
    from migfix.select import new_migrations

    here = Path.cwd()
    if is_all:
        return [[find_root(here)]]
    repository = Repository(here, since)
    if not repository.is_there:
        raise MigfixError(
            "Outside git migfix can't tell which migrations are new.",
            "Name migration files, or folders that hold some.",
        )
    groups: dict[Path, list[Path]] = {}
    for path in new_migrations(repository, load_config(find_root(here)).facts, is_staged):
        groups.setdefault(find_root(path.parent), []).append(path)
    if not groups:
        where = "is staged" if is_staged else f"is new since {repository.base_name}" if repository.base else "is new"
        typer.echo(f"nothing to do: no migration {where}", err=True)
    return list(groups.values())


def _through(
    door: Verb,
    paths: list[Path],
    config: Config,
    all_or_nothing: bool,
    set_names: list[str],
    proving: tuple[str | None, ...],
) -> tuple[int, bool]:
    """Plan, prove on the engines that were named, and stop at the door; the exit code, and whether files changed."""
    from migfix.run import run

    put_back_after_a_crash()
    outcome = run(paths, config, all_or_nothing=all_or_nothing)
    if proving and outcome.plan.after and not outcome.errors:
        outcome, is_told = _proven(outcome, paths, config, proving)
        if not is_told:
            return FAILED, False
    is_written = door is Verb.apply and bool(outcome.plan.after) and not outcome.errors
    if is_written:
        from migfix.history.files import state_root
        from migfix.write import write_all

        write_all(state_root(Path(next(iter(outcome.plan.after)))), outcome.plan.before, outcome.plan.after)
    if outcome.passed_over:
        from migfix.report.text import told_passed_over

        typer.echo(told_passed_over(outcome.passed_over), err=True)
    if outcome.unused:
        from migfix.report.text import told_unused

        typer.echo(told_unused(outcome.unused, Path.cwd()), nl=False, err=True)
    if outcome.is_clean:
        typer.echo("nothing to do", err=door is Verb.diff)
    else:
        _report(door, outcome, set_names, config.database, "rewritten" if is_written else "would be rewritten")
    if outcome.errors:
        return FAILED, False
    is_left = bool(outcome.plan.refusals) if door is Verb.apply else not outcome.is_clean
    return LEFT if is_left else FIXED, is_written


def _proven(
    outcome: Outcome, paths: list[Path], config: Config, engines: tuple[str | None, ...]
) -> tuple[Outcome, bool]:
    """What passes on scratch databases, and whether that could be told."""
    from dataclasses import replace

    from migfix.prove.passing import passing
    from migfix.verifying import question_for, root_of

    question = question_for(root_of(paths), config, engines)
    with progress(len(engines)) as on_step:
        plan, proofs = passing(outcome.plan, question, on_step)
    for proof in proofs:
        show(proof, is_error=True)
    return replace(outcome, plan=plan), all(proof.is_told for proof in proofs)


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
        show_diff(outcome.plan.before, outcome.plan.after, _patch_root(outcome, here))
    written = "nothing was written" if outcome.errors and outcome.plan.after else ""
    closing = ", ".join(filter(None, [summary(outcome.plan, verb), written]))
    if closing:
        typer.echo(closing, err=is_patch)


def _patch_root(outcome: Outcome, here: Path) -> Path:
    """Where the paths of a patch start: here, or the project if its files lie elsewhere."""
    from migfix.history.files import find_root

    paths = [Path(path) for path in outcome.plan.after]
    return here if all(path.is_relative_to(here) for path in paths) else find_root(paths[0].parent)


@app.command("undo")
def undo() -> None:
    """Take the last apply back: every file as it was."""
    from migfix.history.files import state_root
    from migfix.report.text import shown
    from migfix.write import undo as undo_last

    put_back_after_a_crash()
    for path in undo_last(state_root(Path.cwd() / "x")):
        typer.echo(f"{shown(path, Path.cwd())}: as it was before")
