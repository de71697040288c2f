"""Mutated fixtures: ``python -m tests.fuzz --inputs 10000 [--seed N]``. The exit code is 1 if migfix failed on any."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzzing.trial import faults, trial


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=500)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="one input only, which is kept")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state
        if options.seed is not None:
            folder = Path(tempfile.mkdtemp(prefix="migfix-fuzz-"))
            print(*faults(options.seed, folder / "project"), folder, sep="\n")
            return 0
        failed = 0
        seeds = range(options.start, options.start + options.inputs)
        with ProcessPoolExecutor(options.jobs) as pool:
            for seed, found in zip(seeds, pool.map(trial, seeds, chunksize=10), strict=True):
                failed += bool(found)
                for each in found:
                    print(f"seed {seed}: {each}", flush=True)
    print(f"{failed} of {options.inputs} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
