"""The application, its exit codes, and the options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from migfix import __version__

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


Texts = list[str]
Paths = Annotated[list[Path], typer.Argument(help="Migration files, or folders that hold some.", show_default=False)]
NewPaths = Annotated[
    list[Path],
    typer.Argument(
        help="Migration files, or folders that hold some. Default: those that git says are new.", show_default=False
    ),
]
Since = Annotated[str | None, typer.Option(help="What is in this commit may be deployed. Default: the default branch.")]
Staged = Annotated[bool, typer.Option("--staged", help="The migrations that the next commit adds or changes.")]
All = Annotated[bool, typer.Option("--all", help="Every migration of the project, new or not known to be deployed.")]
Force = Annotated[bool, typer.Option("--force", help="Rewrite also what may have run somewhere.")]
FollowUp = Annotated[
    bool, typer.Option("--follow-up", help="Repair deployed migrations by a new one after them, where that can help.")
]
FailOnFix = Annotated[bool, typer.Option("--exit-non-zero-on-fix", help="Exit 1 if something was rewritten.")]
Select = Annotated[Texts, typer.Option(help="Rules to use instead of the default ones: MIG101, MIG1, ALL.")]
ExtendSelect = Annotated[Texts, typer.Option(help="Rules to use beside the default ones.")]
Ignore = Annotated[Texts, typer.Option(help="Rules to leave out.")]
Set = Annotated[Texts, typer.Option("--set", help="A value for placeholder rows: blog.Category.name=News.")]
SetNoop = Annotated[
    bool, typer.Option("--set-noop", help="Write a noop reverse also where running the step twice does harm.")
]
Moved = Annotated[Texts, typer.Option("--moved", help="A model that moved: cars.Engine=engines.Engine.")]
AllOrNothing = Annotated[bool, typer.Option("--all-or-nothing", help="Write nothing if something is left to decide.")]
Interactive = Annotated[
    bool, typer.Option("--interactive", "-i", help="Ask about each rewrite, and for the values that are missing.")
]
Html = Annotated[
    Path | None, typer.Option("--html", help="Also write a page for the review, in one file.", show_default=False)
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the diff and write nothing.")]
Engines = Annotated[
    Texts, typer.Option("--engines", "--engine", help="Databases the project runs on: postgresql,sqlite.")
]
Apps = Annotated[Texts, typer.Option("--app", help="Label of the app in a folder: PATH=LABEL.")]
UserModel = Annotated[str | None, typer.Option(help="AUTH_USER_MODEL of the project.")]
DjangoVersion = Annotated[str | None, typer.Option(help="Django version the project runs on.")]
Modules = Annotated[Texts, typer.Option("--migration-module", help="As MIGRATION_MODULES: LABEL=dotted.module.")]
SETTINGS_VARIABLE = "MIGFIX_SETTINGS"
Settings = Annotated[
    str | None,
    typer.Option(
        help="Also prove with Django itself: imports the project with these settings.", envvar=SETTINGS_VARIABLE
    ),
]
Database = Annotated[
    str | None, typer.Option(help="Also look at this database of the settings: what already ran there.")
]
Verify = Annotated[bool, typer.Option("--verify", help="Write only what passes on scratch databases.")]
VerifyEngines = Annotated[
    Texts, typer.Option("--verify-engine", help="Where --verify runs: sqlite, or a URL. Default: as the settings say.")
]


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
