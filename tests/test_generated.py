"""A few generated projects; ``python -m tests.generate --seconds 3600`` creates thousands."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ENGINES, demand
from generator.judge import judge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SEEDS = st.integers(min_value=0, max_value=2**31)
SLOW = settings(
    max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@SLOW
@given(seed=SEEDS)
def test_never_worse_than_the_original(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = judge(tmp_path_factory.mktemp(f"seed{seed}"), seed, "sqlite")
    assert not found.worse, found.said


@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "sqlite"])
@pytest.mark.parametrize("seed", [11, 4711])
def test_on_servers(engine: str, seed: int, tmp_path: Path) -> None:
    demand(engine)
    found = judge(tmp_path, seed, engine)
    assert not found.worse, found.said
