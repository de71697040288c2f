"""``manage.py migfix apply …``: the command line of migfix, with this project's settings."""

from __future__ import annotations

import os
import sys
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from migfix.cli.options import SETTINGS_VARIABLE


class Command(BaseCommand):
    help = "Rewrite freshly generated migrations: manage.py migfix apply, diff, check, verify and so on."
    requires_system_checks = []  # noqa: RUF012 - as Django spells it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("words", nargs=REMAINDER, help="The same as for migfix: see manage.py migfix --help.")

    def run_from_argv(self, argv: list[str]) -> None:
        """Everything after ``manage.py migfix`` is for migfix, its options and its help included."""
        self.handle(words=argv[2:])

    def handle(self, *args: Any, words: list[str], **options: Any) -> None:
        from migfix.cli import main

        os.environ.setdefault(SETTINGS_VARIABLE, os.environ.get("DJANGO_SETTINGS_MODULE", ""))
        before, sys.argv = sys.argv, ["manage.py migfix", *words]
        try:
            main()
        finally:
            sys.argv = before
