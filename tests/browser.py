"""A real browser, driven by playwright: the distribution's Chromium, or the one in MIGFIX_CHROMIUM."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = os.environ.get("MIGFIX_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
WIDE, PHONE = (1200, 900), (390, 844)


def why_no_browser() -> str | None:
    """Why pages can't be opened here, or None if they can."""
    if not all(map(find_spec, ("playwright", "axe_playwright_python"))):
        return "pip install -e '.[browser]' brings what drives one"
    return None if CHROMIUM else "no chromium is installed, and MIGFIX_CHROMIUM names none"


@contextmanager
def running() -> Iterator[Browser]:
    """Yield a browser. If it is missing, fail in CI; elsewhere skip the test, and conftest.py prints a warning."""
    if reason := why_no_browser():
        if os.environ.get("CI") and not os.environ.get("MIGFIX_SQLITE_ONLY"):
            pytest.fail(f"a browser must be there in CI, but {reason}")
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
