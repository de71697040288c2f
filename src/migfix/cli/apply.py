"""``apply``, ``diff`` and ``check`` with their options, and ``undo``."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migfix.cli.app import app
from migfix.cli.options import (
    All,
    AllOrNothing,
    Apps,
    Color,
    Colour,
    Database,
    DjangoVersion,
    DryRun,
    Duplicates,
    Engines,
    ExtendSelect,
    FailOnFix,
    FollowUp,
    Force,
    Html,
    Ignore,
    Interactive,
    Map,
    Modules,
    Moved,
    NewPaths,
    PythonPath,
    Renamed,
    Select,
    Set,
    SetNoop,
    Settings,
    Since,
    Staged,
    Strict,
    Truncate,
    UserModel,
    Verbose,
    Verify,
    VerifyEngines,
    taking,
)
from migfix.cli.run import Format, Run, Verb
from migfix.cli.terminal import put_back_after_a_crash, warn_unconfirmed

if TYPE_CHECKING:
    from migfix.project.config import Config
    from migfix.project.facts import Facts
    from migfix.project.git.repository import Repository

OutputFormat = Annotated[Format, typer.Option("--output-format", help="Output format.")]


@dataclass(eq=False, repr=False, kw_only=True)
class PlanOptions:
    """What ``check``, ``diff`` and ``apply`` take."""

    paths: NewPaths = field(default_factory=list)
    since: Since = None
    is_staged: Staged = False
    is_all: All = False
    force: Force = False
    follow_up: FollowUp = False
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
    is_strict: Strict = False
    is_verbose: Verbose = False
    html: Html = None
    output_format: OutputFormat = Format.text
    engines: Engines = field(default_factory=list)
    apps: Apps = field(default_factory=list)
    auth_user_model: UserModel = None
    django: DjangoVersion = None
    migration_modules: Modules = field(default_factory=list)
    settings: Settings = None
    database: Database = None
    is_verified: Verify = False
    verify_engines: VerifyEngines = field(default_factory=list)
    python_path: PythonPath = None
    color: Color = Colour.auto

    def configuration(self, root: Path) -> Config:
        """The configuration of the project at ``root`` with the options. Raises ConfigError."""
        from migfix.project.config.options import pairs, with_facts, with_selection
        from migfix.project.config.pyproject import load_config

        config = with_selection(
            load_config(root),
            self.select,
            self.extend_select,
            self.ignore,
            self.settings,
            self.database,
            self.since,
            self.is_all,
        )
        config = with_facts(
            config,
            engines=self.engines,
            apps=pairs(self.apps, "--app"),
            auth_user_model=self.auth_user_model,
            django=self.django,
            migration_modules=pairs(self.migration_modules, "--migration-module"),
            values=pairs(self.values, "--set"),
            moved=pairs(self.moved, "--moved"),
            duplicates=pairs(self.duplicates, "--duplicates"),
            renamed=pairs(self.renamed, "--renamed"),
            mapped=pairs(self.mapped, "--map"),
            truncate=self.truncate,
            set_noop=self.set_noop,
            force=self.force,
            follow_up=self.follow_up,
        )
        return replace(config, is_picked=not self.paths)

    def groups(self) -> list[tuple[list[Path], Config]]:
        """The files of each project, and its configuration. Raises MigfixError."""
        from migfix.project.files import find_root

        found = []
        for group in [self._named()] if self.paths else self._new():
            root = find_root(Path(os.path.commonpath([os.path.realpath(path) for path in group])))
            config = self.configuration(root)
            warn_unconfirmed(config)
            found.append((group, config))
        return found

    def whole(self) -> list[tuple[list[Path], Config]]:
        """The whole project, for the rules about what stops every command of Django, if no migration is new."""
        from migfix.planning.registry import all_rules
        from migfix.project.files import find_root
        from migfix.project.select import migrations_at, project_at

        if self.paths or self.is_staged:
            return []
        root = find_root(Path.cwd() / "x")
        config = self.configuration(root)
        project = project_at(root, config.facts)
        if not project.labels():
            return []
        files = migrations_at(root, project.facts)
        return [(files, replace(config, select=tuple(rule.code for rule in all_rules() if rule.stops_django)))]

    def _named(self) -> list[Path]:
        """The given files and folders; for an app, or an app and a migration, their files. Raises MigfixError."""
        from migfix.project.files import find_root
        from migfix.project.select import is_by_name, migrations_of, project_at

        words = list(map(str, self.paths))
        if not is_by_name(words):
            return self.paths
        root = find_root(Path.cwd())
        return migrations_of(project_at(root, self.configuration(root).facts), *words)

    def _new(self) -> list[list[Path]]:
        """The files that are checked if no path is given, project by project."""
        from migfix.errors import MigfixError
        from migfix.project.files import find_root
        from migfix.project.select import new_migrations

        if self.is_all:
            return [[find_root(Path.cwd())]]
        if not (repository := self._repository).is_there:
            raise MigfixError(
                "Outside git, migfix can't determine which migrations are new.",
                "Pass migration files or folders.",
            )
        groups: dict[Path, list[Path]] = {}
        for path in new_migrations(repository, self._facts, self.is_staged):
            groups.setdefault(find_root(path.parent), []).append(path)
        if not groups:
            self.demand_none_lost()
            since = f"is new since {repository.base_name}" if repository.base else "is new"
            typer.echo(f"nothing to do: no migration {'is staged' if self.is_staged else since}", err=True)
        return list(groups.values())

    @cached_property
    def _facts(self) -> Facts:
        from migfix.project.config.options import with_selection
        from migfix.project.config.pyproject import load_config
        from migfix.project.files import find_root
        from migfix.project.known_facts import known_facts
        from migfix.project.settings import with_inferred

        root = find_root(Path.cwd())
        facts = known_facts(with_selection(load_config(root), (), (), (), self.settings, None), root)
        return with_inferred(facts, root)

    @cached_property
    def _repository(self) -> Repository:
        from migfix.project.git.repository import Repository

        return Repository(Path.cwd(), self.since, is_base_needed=not self.is_all)

    def demand_none_lost(self) -> None:
        """Raises MigfixError for a deployed migration whose file is gone, in an app that MIG209 doesn't look at."""
        from migfix.errors import MigfixError
        from migfix.project.select import lost_migrations

        is_asked = not self.paths and self._repository.is_there
        if is_asked and (lost := lost_migrations(self._repository, self._facts)):
            raise MigfixError(
                f"{lost[0]} is deployed, and its file is gone: new databases never get what it did.",
                "Restore it with git, or let the file that takes its place name it in `replaces`.",
            )

    def said(self) -> tuple[tuple[str, str], ...]:
        """What the options say about fields and models: the option, and the field or model."""
        from migfix.project.config.options import pairs

        given = {
            "--set": self.values,
            "--moved": self.moved,
            "--duplicates": self.duplicates,
            "--renamed": self.renamed,
            "--map": self.mapped,
        }
        named = [(option, name) for option, texts in given.items() for name in pairs(texts, option)]
        return (*named, *(("--truncate", name) for name in self.truncate))

    def run(self, verb: Verb) -> Run:
        """The run with the options that aren't part of the configuration."""
        proving = tuple(self.verify_engines) or (None,) if self.is_verified or self.verify_engines else ()
        run = Run(verb, self.output_format, self.said(), proving, self.is_staged, self.html)
        return replace(run, is_strict=self.is_strict, is_verbose=self.is_verbose)

    def execute(self, run: Run, groups: list[tuple[list[Path], Config]]) -> int:
        """The exit code of a run. Raises MigfixError."""
        code = run.execute(groups)
        self.demand_none_lost()
        return code


@dataclass(eq=False, repr=False, kw_only=True)
class ApplyOptions(PlanOptions):
    """What only ``apply`` takes, because it writes."""

    all_or_nothing: AllOrNothing = False
    is_failing_on_fix: FailOnFix = False
    is_interactive: Interactive = False
    dry_run: DryRun = False

    def run(self, verb: Verb) -> Run:
        return replace(
            super().run(Verb.diff if self.dry_run else verb),
            all_or_nothing=self.all_or_nothing,
            is_failing_on_fix=self.is_failing_on_fix,
            is_interactive=self.is_interactive,
        )


def apply(options: ApplyOptions) -> None:
    """Rewrite migrations in place."""
    raise typer.Exit(options.execute(options.run(Verb.apply), options.groups()))


def diff(options: PlanOptions) -> None:
    """Show what apply would change, as a patch."""
    raise typer.Exit(options.execute(options.run(Verb.diff), options.groups()))


def check(options: PlanOptions) -> None:
    """Report what apply would change; exit 1 if anything."""
    run, groups = options.run(Verb.check), options.groups()
    if not groups:
        run, groups = replace(run, is_quiet=True), options.whole()
    raise typer.Exit(options.execute(run, groups))


app.command("apply")(taking(ApplyOptions, apply))
app.command("diff")(taking(PlanOptions, diff))
app.command("check")(taking(PlanOptions, check))


@app.command("undo")
def undo() -> None:
    """Undo the last run that wrote files."""
    from migfix.report.text import shown
    from migfix.write.files import undo as undo_last

    put_back_after_a_crash([Path.cwd()])
    for path in undo_last(Path.cwd()):
        typer.echo(f"{shown(path, Path.cwd())}: restored")
