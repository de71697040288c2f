"""Generate projects and judge migfix by them: ``python -m tests.generate --seconds 3600 [--engine postgresql]``.

A project is kept if its rewritten version is worse than the original, with the findings in ``judgement.json``.
Run one again with ``--seed``. The exit code is 1 if there was such a project.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from generator.judge import as_json, judge


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--engine", choices=["sqlite", "postgresql", "mariadb"], default="sqlite")
    parser.add_argument("--start", type=int, default=1, help="the first seed")
    parser.add_argument("--seed", type=int, help="one project only")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "migfix-generated")
    parser.add_argument("--notes", action="store_true", help="keep those with a note, too")
    options = parser.parse_args()
    os.environ["XDG_STATE_HOME"] = str(options.keep / "state")
    end = time.monotonic() + options.seconds
    kinds: Counter[str] = Counter()
    worse = 0
    for seed in count(options.start) if options.seed is None else [options.seed]:
        if time.monotonic() > end:
            break
        root = options.keep / f"{options.engine}-{seed}"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        found = judge(root, seed, options.engine)
        kinds[found.kind] += 1
        kinds.update(each.partition(":")[0] for each in found.notes)
        for each in found.worse:
            print(f"seed {seed}: WORSE: {each}", flush=True)
        for each in found.notes if options.notes or options.seed else ():
            print(f"seed {seed}: note: {each}", flush=True)
        worse += bool(found.worse)
        if found.worse or (found.notes and options.notes) or options.seed:
            (root / "judgement.json").write_text(as_json(found))
        else:
            shutil.rmtree(root)
    for kind, number in kinds.most_common():
        print(f"{number:6} {kind}")
    print(f"{worse} worse than the original; they are in {options.keep}" if worse else "none worse than the original")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
