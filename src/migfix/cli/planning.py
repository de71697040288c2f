"""``apply``, ``diff``, ``check`` with all their options; and ``undo``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from migfix.cli.app import (
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
    Html,
    Ignore,
    Interactive,
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
from migfix.cli.terminal import put_back_after_a_crash, tell_of_unasked
from migfix.cli.walk import Format, Verb, Walk

OutputFormat = Annotated[Format, typer.Option("--output-format", help="How to tell what is found.")]


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
        is_interactive: Interactive = False,
        dry_run: DryRun = False,
        html: Html = None,
        output_format: OutputFormat = Format.text,
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
        from dataclasses import replace

        from migfix.config import load_config, pairs, with_facts, with_selection
        from migfix.history.files import find_root

        values = pairs(set_, "--set")
        walk = Walk(
            Verb.diff if verb is Verb.apply and dry_run else verb,
            output_format,
            all_or_nothing,
            is_failing_on_fix,
            tuple(values),
            tuple(verify_engines) or (None,) if is_verified or verify_engines else (),
            is_interactive and verb is Verb.apply,
            is_staged,
            html,
        )
        groups = []
        for group in [paths] if paths else _new(since, is_staged, is_all, settings):
            config = load_config(find_root(Path(os.path.commonpath([os.path.realpath(path) for path in group]))))
            config = with_selection(config, select, extend_select, ignore, settings, database, since, is_all)
            tell_of_unasked(config)
            config = with_facts(
                config,
                engines=engines,
                apps=pairs(apps, "--app"),
                auth_user_model=auth_user_model,
                django=django,
                migration_modules=pairs(migration_modules, "--migration-module"),
                values=values,
                moved=pairs(moved, "--moved"),
                set_noop=set_noop,
                force=force,
                follow_up=follow_up,
            )
            groups.append((group, replace(config, is_picked=not paths)))
        raise typer.Exit(walk.through(groups))

    return command


app.command("apply", help="Rewrite migrations in place.")(planning_command(Verb.apply))
app.command("diff", help="Show what apply would change as a patch, with the reasons on stderr.")(
    planning_command(Verb.diff)
)
app.command("check", help="Report what apply would change; exit 1 if anything.")(planning_command(Verb.check))


def _new(since: str | None, is_staged: bool, is_all: bool, settings: str | None) -> list[list[Path]]:
    """What is planned where no path was named, project by project."""
    from migfix.config import load_config, with_selection
    from migfix.errors import MigfixError
    from migfix.git import Repository
    from migfix.history.files import find_root
    from migfix.run import known_facts
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
    config = load_config(find_root(here))
    facts = known_facts(with_selection(config, (), (), (), settings, None), find_root(here))
    for path in new_migrations(repository, facts, is_staged):
        groups.setdefault(find_root(path.parent), []).append(path)
    if not groups:
        where = "is staged" if is_staged else f"is new since {repository.base_name}" if repository.base else "is new"
        typer.echo(f"nothing to do: no migration {where}", err=True)
    return list(groups.values())


@app.command("undo")
def undo() -> None:
    """Take the last apply back: every file as it was."""
    from migfix.report.text import shown
    from migfix.write import undo as undo_last

    put_back_after_a_crash([Path.cwd()])
    for path in undo_last(Path.cwd()):
        typer.echo(f"{shown(path, Path.cwd())}: as it was before")
