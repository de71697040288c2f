from __future__ import annotations

from migfix.cli import run_and_leave

run_and_leave()
