"""Takes the picture in the README, with chromium and what the extras ``test`` and ``browser`` bring."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browser import running  # noqa: E402
from conftest import MISSING, URLS  # noqa: E402
from test_page import site  # noqa: E402


def main() -> None:
    engines = [text for name, url in URLS.items() if name not in MISSING for text in ("--verify-engine", url)]
    with tempfile.TemporaryDirectory() as folder, running() as browser:
        project = site(Path(folder), later="")
        command = [sys.executable, "-m", "migfix", "diff", "blog", "--settings", "settings", "--html", "review.html"]
        subprocess.run([*command, *engines], cwd=project, capture_output=True, check=False)
        page = browser.new_page(viewport={"width": 1280, "height": 1180})
        page.goto((project / "review.html").as_uri())
        page.screenshot(path=ROOT / "docs" / "review.png")


if __name__ == "__main__":
    main()
