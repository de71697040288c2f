"""``verify``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migfix.cli.app import FAILED, FIXED, LEFT, app
from migfix.cli.options import (
    Color,
    Colour,
    Duplicates,
    ExtendSelect,
    Ignore,
    Json,
    Map,
    Moved,
    OutputFormat,
    PythonPath,
    Renamed,
    Report,
    Select,
    Set,
    SetNoop,
    Texts,
    Truncate,
    UserModel,
    taking,
    wants_json,
)
from migfix.cli.terminal import progress, show

if TYPE_CHECKING:
    from migfix.project.config import Config
    from migfix.prove.verify import Question, Version


@dataclass(eq=False, repr=False, kw_only=True)
class VerifyOptions:
    """What ``verify`` takes."""

    what: Annotated[
        list[str],
        typer.Argument(
            help="Migration files or folders, or an app and a migration: blog 0002. "
            "Several run together, as one deployment.",
            show_default=False,
        ),
    ]
    settings: Annotated[
        str | None,
        typer.Option(help="Settings module. Default: from [tool.migfix], DJANGO_SETTINGS_MODULE or manage.py."),
    ] = None
    database: Annotated[str | None, typer.Option(help="Database alias. Default: default.")] = None
    engines: Annotated[
        Texts,
        typer.Option(
            "--engine",
            "--engines",
            help="Where to run: sqlite, postgresql://user@host, … Default: as in the settings.",
        ),
    ] = field(default_factory=list)
    rows: Annotated[int, typer.Option(min=2, help="Test rows for each table.")] = 3
    rows_from: Annotated[Path | None, typer.Option(help="SQL file that inserts your own rows instead.")] = None
    is_comparing: Annotated[bool, typer.Option("--compare", help="Also run the original files.")] = False
    is_from_real_schema: Annotated[
        bool,
        typer.Option(
            "--real-schema", help="Start from the tables of the real database (--database), without its rows."
        ),
    ] = False
    limit: Annotated[
        float | None, typer.Option("--time-limit", min=1, help="Stop a version on one engine after that many seconds.")
    ] = None
    shows_sql: Annotated[bool, typer.Option("--sql", help="Show the statements, and locks on PostgreSQL.")] = False
    output_format: OutputFormat = Report.text
    is_json: Json = False
    select: Select = field(default_factory=list)
    extend_select: ExtendSelect = field(default_factory=list)
    ignore: Ignore = field(default_factory=list)
    values: Set = field(default_factory=list)
    moved: Moved = field(default_factory=list)
    duplicates: Duplicates = field(default_factory=list)
    renamed: Renamed = field(default_factory=list)
    mapped: Map = field(default_factory=list)
    truncate: Truncate = field(default_factory=list)
    set_noop: SetNoop = False
    project_engines: Annotated[
        Texts, typer.Option("--for-engines", help="With --compare: databases that the project runs on.")
    ] = field(default_factory=list)
    auth_user_model: UserModel = None
    python_path: PythonPath = None
    color: Color = Colour.auto

    def configuration(self, root: Path) -> Config:
        """The configuration of the project at ``root`` with the options. Raises ConfigError."""
        from migfix.project.config.options import pairs, with_facts, with_selection
        from migfix.project.config.pyproject import load_config

        config = with_selection(load_config(root), self.select, self.extend_select, self.ignore, self.settings, None)
        return with_facts(
            config,
            engines=self.project_engines,
            auth_user_model=self.auth_user_model,
            values=pairs(self.values, "--set"),
            moved=pairs(self.moved, "--moved"),
            duplicates=pairs(self.duplicates, "--duplicates"),
            renamed=pairs(self.renamed, "--renamed"),
            mapped=pairs(self.mapped, "--map"),
            truncate=self.truncate,
            set_noop=self.set_noop,
        )

    def question(self, root: Path, config: Config) -> Question:
        """The question to the scratch databases. Raises MigfixError."""
        from migfix.commands.verify import own_rows, question_for
        from migfix.errors import MigfixError

        if self.is_from_real_schema and self.engines:
            raise MigfixError("--real-schema runs on the engine of the real database.", "Leave out --engine.")
        where = tuple(part for each in self.engines for part in ([each] if "://" in each else each.split(",")))
        return replace(
            question_for(root, replace(config, database=self.database), where),
            count=self.rows,
            own_rows=own_rows(self.rows_from),
            shows_sql=self.shows_sql,
            is_from_real_schema=self.is_from_real_schema,
            limit=self.limit,
        )

    def versions(self, paths: list[Path], config: Config) -> tuple[Version, ...]:
        """The versions of the files that are tried. Raises MigfixError."""
        from migfix.commands.verify import earlier_and_now, targets_of

        return earlier_and_now(paths, config) if self.is_comparing else targets_of(self.what, paths, config)


def verify(options: VerifyOptions) -> None:
    """Run migrations with rows: forward, back, forward."""
    from migfix.commands.verify import paths_in, root_of
    from migfix.prove.verify import verify as try_out

    paths = paths_in(options.what)
    root = root_of(paths)
    config = options.configuration(root)
    question = options.question(root, config)
    versions = options.versions(paths, replace(config, settings=question.settings) if options.is_comparing else config)
    with progress(len(question.engines) * len(versions)) as on_step:
        proof = try_out(question, versions, on_step)
    if wants_json(options.output_format, options.is_json):
        from migfix.report.proof import proof_as_json

        typer.echo(proof_as_json(proof), nl=False)
    else:
        show(proof, shows_sql=options.shows_sql)
    raise typer.Exit(FAILED if not proof.is_complete else FIXED if proof.is_passed else LEFT)


app.command("verify")(taking(VerifyOptions, verify))
