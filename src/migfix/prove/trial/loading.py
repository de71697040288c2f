"""Load the settings and the apps of a project."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import django
from django.conf import settings
from django.test.utils import setup_test_environment
from django.utils import translation

from migfix.errors import MigfixError
from migfix.prove.trial.foreign import Foreign


def configured(module: str) -> dict[str, dict[str, Any]]:
    """The databases in the settings. Raises MigfixError if they can't be loaded."""
    os.environ["DJANGO_SETTINGS_MODULE"] = module
    with Foreign() as caught:
        databases: dict[str, dict[str, Any]] = settings.DATABASES
        return databases
    raise MigfixError(f"The settings {module} can't be loaded: {caught.message}.")


@cache
def set_up_project(module: str) -> None:
    """Load the project in Django's test environment, so that it sends no mail. A backend may call this earlier."""
    with Foreign() as caught:
        django.setup()
        setup_test_environment(debug=settings.DEBUG)
    if caught.error is not None:
        raise MigfixError(f"The project can't be loaded with the settings {module}: {caught.message}.")
    translation.deactivate_all()  # the same as migrate and makemigrations, so that a translated label is no change
