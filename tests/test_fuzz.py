"""Mutated fixtures; ``python -m tests.fuzz --inputs 10000`` tries more of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzing.trial import faults

BATCHES, SIZE = 20, 25


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_mutation_is_answered(batch: int, tmp_path: Path) -> None:
    seeds = range(batch * SIZE, (batch + 1) * SIZE)
    assert {seed: found for seed in seeds if (found := faults(seed, tmp_path / str(seed) / "project"))} == {}
