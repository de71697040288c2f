"""The options that several commands take, and how a command takes them: as one dataclass."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from enum import Enum
from functools import cache
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def rules_like(incomplete: str) -> list[tuple[str, str]]:
    """The codes that start with the given text, and the names of their rules, for shell completion."""
    from migfix.planning.registry import all_rules

    return [(rule.code, rule.name) for rule in all_rules() if rule.code.startswith(incomplete.upper())]


Taken = TypeVar("Taken", bound="DataclassInstance")


def taking(options: type[Taken], run: Callable[[Taken], None]) -> Callable[..., None]:
    """A command whose options are the fields of a dataclass: Typer reads them from a signature."""

    def command(**given: Any) -> None:
        run(options(**given))

    hints = _hints(options)
    command.__signature__ = Signature([_parameter(each, hints[each.name]) for each in fields(options)])  # type: ignore[attr-defined]
    command.__annotations__ = hints
    command.__doc__ = run.__doc__
    return command


@cache
def _hints(options: type[Any]) -> dict[str, Any]:
    return get_type_hints(options, include_extras=True)


def _parameter(each: Field[Any], annotation: object) -> Parameter:
    default = Parameter.empty if each.default is MISSING else each.default
    if each.default_factory is not MISSING:
        default = each.default_factory()
    return Parameter(each.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


Texts = list[str]
Paths = Annotated[list[Path], typer.Argument(help="Migration files or folders.", show_default=False)]
NewPaths = Annotated[
    list[Path],
    typer.Argument(help="Migration files or folders. Default: the migrations that are new in git.", show_default=False),
]
Since = Annotated[
    str | None, typer.Option(help="Treat what is in this commit as deployed. Default: the default branch.")
]
Staged = Annotated[bool, typer.Option("--staged", help="Use the migrations that are staged in git.")]
All = Annotated[bool, typer.Option("--all", help="Use every migration of the project.")]
Force = Annotated[bool, typer.Option("--force", help="Also rewrite deployed migrations.")]
FollowUp = Annotated[
    bool, typer.Option("--follow-up", help="Fix deployed migrations in a new one after them, where that helps.")
]
FailOnFix = Annotated[bool, typer.Option("--exit-non-zero-on-fix", help="Exit 1 if something was rewritten.")]
Select = Annotated[
    Texts, typer.Option(help="Rules to use: MIG101, MIG1, ALL. Default: MIG1 to MIG3.", autocompletion=rules_like)
]
ExtendSelect = Annotated[Texts, typer.Option(help="Rules to use in addition.", autocompletion=rules_like)]
Ignore = Annotated[Texts, typer.Option(help="Rules to leave out.", autocompletion=rules_like)]
Set = Annotated[
    Texts, typer.Option("--set", help="A value for rows that a fix creates or fills: blog.Category.name=News.")
]
SetNoop = Annotated[
    bool, typer.Option("--set-noop", help="Write a noop reverse even if running the operation twice does harm.")
]
Moved = Annotated[Texts, typer.Option("--moved", help="A model that moved: cars.Engine=engines.Engine.")]
Duplicates = Annotated[
    Texts,
    typer.Option(
        "--duplicates",
        help="What happens to equal values, or several links: blog.Post.slug=stop, first, suffix or null.",
    ),
]
Renamed = Annotated[
    Texts,
    typer.Option("--renamed", help="A field or model that was renamed: blog.Post.title=headline, blog.Post=Article."),
]
Map = Annotated[Texts, typer.Option("--map", help="What a stored value becomes: blog.Post.status=open:pending.")]
Truncate = Annotated[Texts, typer.Option("--truncate", help="Text that may be cut to its new length: blog.Post.token.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 if migfix can't tell whether an operation is safe.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print the verdict on each operation.")]
AllOrNothing = Annotated[bool, typer.Option("--all-or-nothing", help="Write nothing if a finding needs your decision.")]
Interactive = Annotated[bool, typer.Option("--interactive", "-i", help="Ask about each fix, and for missing values.")]
Html = Annotated[Path | None, typer.Option("--html", help="Also write a page for the review.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the diff and write nothing.")]
Engines = Annotated[
    Texts, typer.Option("--engine", "--engines", help="Databases that the project runs on: postgresql,sqlite.")
]
Apps = Annotated[Texts, typer.Option("--app", help="App label of a folder: PATH=LABEL.")]
UserModel = Annotated[str | None, typer.Option(help="AUTH_USER_MODEL of the project.")]
DjangoVersion = Annotated[str | None, typer.Option(help="Django version the project runs on.")]
Modules = Annotated[Texts, typer.Option("--migration-module", help="As MIGRATION_MODULES: LABEL=dotted.module.")]
SETTINGS_VARIABLE = "MIGFIX_SETTINGS"
Settings = Annotated[
    str | None,
    typer.Option(
        help="Import the project with these settings, and check with Django itself.", envvar=SETTINGS_VARIABLE
    ),
]
Database = Annotated[str | None, typer.Option(help="Also look at what this database of the settings has applied.")]
Verify = Annotated[
    bool, typer.Option("--verify", help="Run the fixes on scratch databases, and keep only those that pass.")
]
VerifyEngines = Annotated[
    Texts, typer.Option("--verify-engine", help="Where --verify runs: sqlite, or a URL. Default: as in the settings.")
]


class Colour(Enum):
    auto = "auto"
    always = "always"
    never = "never"


def _choose_colour(colour: Colour) -> Colour:
    """Set the variables that rich and child processes read."""
    chosen, other = ("FORCE_COLOR", "NO_COLOR") if colour is Colour.always else ("NO_COLOR", "FORCE_COLOR")
    if colour is not Colour.auto:
        os.environ[chosen] = "1"
        os.environ.pop(other, None)
    return colour


def _add_to_python_path(folder: Path | None) -> Path | None:
    """Add the folder to the module path of the processes that import the project."""
    if folder is not None:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder.absolute()), os.environ.get("PYTHONPATH")]))
    return folder


Color = Annotated[Colour, typer.Option("--color", callback=_choose_colour, help="When to use colors.")]
PythonPath = Annotated[
    Path | None,
    typer.Option(
        "--pythonpath", callback=_add_to_python_path, help="A folder to import the project from.", show_default=False
    ),
]


class Report(Enum):
    text = "text"
    json = "json"


OutputFormat = Annotated[Report, typer.Option("--output-format", help="Output format.")]
Json = Annotated[bool, typer.Option("--json", help="The same as --output-format json.")]


def wants_json(output_format: Report, is_json: bool) -> bool:
    """Whether one of the two options asks for JSON."""
    return is_json or output_format is Report.json
