"""Where every operation is safe or rewritten, no row is lost: a sample of facts/model_changes.py, another each day."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from conftest import URLS, demand

SCRIPT = Path(__file__).parents[1] / "facts" / "model_changes.py"
ENGINES = ("sqlite", "postgresql", "mariadb", "mysql")
SAMPLE = 3
KNOWN = {
    "relation,null,key": "unknown",
    "relation,key,null": "passes",
    "relation,key,many": "passes",
    "relation,code,id": "refused",
    "option,none,order": "passes",
    "base,parent,linked": "refused",
    "key,number,uuid": "passes",
}
"""Changes whose outcome is known: the script itself must be able to tell the outcomes apart."""


def outcomes(engine: str, *options: str) -> list[str]:
    """The lines that the script prints for one engine."""
    demand(engine)
    url = URLS[engine].replace("sqlite", "sqlite:///db.sqlite3").replace("mariadb://", "mysql://")
    database = "" if engine == "sqlite" else f"/migfix_changes_{engine}"
    command = [sys.executable, str(SCRIPT), f"{url}{database}", *options]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.splitlines()[:-1]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_sample(engine: str) -> None:
    """``python facts/model_changes.py`` tries all of them."""
    assert len(outcomes(engine, "--sample", str(SAMPLE), "--seed", str(date.today().toordinal()))) == SAMPLE


@pytest.mark.parametrize("change", KNOWN)
def test_known_outcomes(change: str) -> None:
    (line,) = outcomes("sqlite", "--only", change)
    assert line.partition(" -> | ")[2].split()[0] == KNOWN[change]
