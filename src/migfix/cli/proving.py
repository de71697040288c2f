"""``verify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migfix.cli.app import (
    FAILED,
    FIXED,
    LEFT,
    ExtendSelect,
    Ignore,
    Moved,
    Select,
    Set,
    SetNoop,
    Texts,
    UserModel,
    app,
)
from migfix.cli.terminal import progress, show

if TYPE_CHECKING:
    from migfix.prove.verify import Version


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
    limit: Annotated[float | None, typer.Option("--time-limit", min=1, help="Seconds that one trial may take.")] = None,
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
    question = replace(question, count=rows, own_rows=own_rows(rows_from), is_telling_sql=is_telling_sql, limit=limit)
    versions: tuple[Version, ...]
    if is_comparing:
        versions = earlier_and_now(paths, replace(config, settings=question.settings))
    else:
        versions = targets_of(what, paths, config)
    with progress(len(question.engines) * len(versions)) as on_step:
        proof = try_out(question, versions, on_step)
    if is_json:
        from migfix.report.proof import proof_as_json

        typer.echo(proof_as_json(proof), nl=False)
    else:
        show(proof, is_telling_sql=is_telling_sql)
    raise typer.Exit(FAILED if not proof.is_told else FIXED if proof.is_passed else LEFT)
