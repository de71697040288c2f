"""The next makemigrations, and then migfix on the files that it wrote."""

from __future__ import annotations

import os
import sys
import traceback
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError, load_command_class
from django.core.management.base import BaseCommand, OutputWrapper
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.writer import MigrationWriter

from migfix.apps import HOOKED, MigfixConfig, overriding
from migfix.errors import MigfixError


def next_in_line() -> type[BaseCommand]:
    """The makemigrations that would run without migfix: that of the next app that has one, else Django's."""
    names = [config.name for config in overriding(HOOKED)]
    after = names[names.index(MigfixConfig.name) + 1 :] if MigfixConfig.name in names else names
    return type(load_command_class(next(iter(after), "django.core"), HOOKED))


class Command(next_in_line()):  # type: ignore[misc]
    """The next makemigrations, and migfix after it."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument(
            "--fix", action="store_const", const="fix", dest="migfix", help="Let migfix fix what was written."
        )
        choice.add_argument("--no-fix", action="store_const", const="off", dest="migfix", help="Don't run migfix.")

    def handle(self, *app_labels: str, migfix: str | None = None, **options: Any) -> None:
        super().handle(*app_labels, **options)
        written = [Path(path).absolute() for path in getattr(self, "written_files", ()) if Path(path).is_file()]
        if written and migfix != "off" and not options.get("dry_run"):
            self.look_at(written, migfix, options)

    def look_at(self, written: list[Path], choice: str | None, options: dict[str, Any]) -> None:
        """Plan the files, show what would change, and write it if wanted. Never raises."""
        from migfix.commands.makemigrations import Hook

        output = self.stderr if options.get("scriptable") else self.stdout
        try:
            is_quiet = options.get("verbosity") == 0
            terminal = _Terminal(output, output.isatty() and not options.get("no_color"), is_quiet)
            hook = Hook(written, choice, terminal, is_asking=bool(options.get("interactive")) and not is_quiet)
            added = hook.run()
        except MigfixError as error:
            output.write(f"migfix: {error} The files are as makemigrations wrote them.")
            return
        except Exception as error:  # noqa: BLE001 - whatever is wrong with migfix, makemigrations has done its work
            what = f"{type(error).__name__}: {error}"
            output.write(f"migfix: {what}. This is a bug in migfix, please report it. Nothing was rewritten.")
            if options.get("verbosity", 1) > 1:
                output.write(traceback.format_exc())
            return
        if options.get("scriptable"):
            for path in added:
                self.stdout.write(self.get_relative_path(str(path)))

    def write_to_last_migration_files(self, changes: dict[str, Any]) -> None:
        """The same as Django's, unless it would write a file that can't be loaded."""
        for label in changes:
            self.demand_portable(label)
        super().write_to_last_migration_files(changes)

    def demand_portable(self, label: str) -> None:
        """Raise CommandError if --update would have to carry a function of the migration itself (ticket #24055)."""
        loader = MigrationLoader(connections[DEFAULT_DB_ALIAS])
        for key in loader.graph.leaf_nodes(app=label):
            leaf = loader.graph.nodes[key]
            try:
                compile(MigrationWriter(leaf).as_string(), "", "exec")
            except SyntaxError:
                raise CommandError(
                    f"--update can't carry the functions of '{leaf}' over: Django would write a file that can't be "
                    "loaded. Undo the fix first (migfix undo), update, and let migfix fix it again. Or don't use "
                    "--update."
                ) from None


class _Terminal:
    """The output of the hook, and its questions."""

    def __init__(self, output: OutputWrapper, is_coloured: bool, is_quiet: bool) -> None:
        self.output = output
        self.is_quiet = is_quiet
        self.is_coloured = is_coloured and "NO_COLOR" not in os.environ
        self.is_there = sys.stdin.isatty()

    def print_text(self, text: str) -> None:
        if not self.is_quiet:
            self.output.write(text)

    def answer(self, question: str) -> str | None:
        """What was typed; None after Ctrl-C and at the end of input."""
        try:
            self.output.write(question, ending=" ")
            self.output.flush()
            return input().strip()
        except (EOFError, KeyboardInterrupt):
            self.output.write("")
            return None
