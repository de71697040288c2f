"""Trials on scratch databases, each in a separate process that imports the project."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from migfix.findings.proof import Proof, Trial, trial_from
from migfix.prove.values import with_values_compared

PATIENCE = 10
"""Seconds that an interrupted trial has to drop its databases."""

OnStep = Callable[[str], object]


@dataclass(frozen=True)
class Question:
    """What to verify, and where. Each of ``engines`` is None for the project's own, "sqlite" or a URL."""

    root: Path
    settings: str
    database: str = "default"
    engines: tuple[str | None, ...] = (None,)
    count: int = 3
    own_rows: tuple[str, ...] = ()
    shows_sql: bool = False
    is_from_real_schema: bool = False
    """Whether the state before is built from the structure of the real database."""
    limit: float | None = None
    """Seconds that one trial may take."""


@dataclass(frozen=True)
class Target:
    """A migration, by its file or the same as for ``migrate``: app label and the beginning of its name."""

    path: str = ""
    app: str = ""
    name: str = ""


@dataclass(frozen=True)
class Version:
    """One version of the files: the targets, the content that differs from the disk, and the hidden files."""

    name: str
    targets: tuple[Target, ...]
    after: Mapping[str, bytes] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    aside: tuple[Target, ...] = ()
    """Migrations that are neither verified nor applied before, unless a target needs them."""


def verify(question: Question, versions: Iterable[Version], on_step: OnStep) -> Proof:
    """Run every version on every engine: as many trials at a time as there are processors."""
    trials = [(engine, each) for engine in question.engines for each in versions]
    children: list[subprocess.Popen[str]] = []
    with ThreadPoolExecutor(max(1, min(len(trials), _processors()))) as pool:
        running = [pool.submit(_trial, question, *each, on_step, children) for each in trials]
        try:
            return Proof(with_values_compared(each.result() for each in running))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in children:
                _end(child)
            raise


def _processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _trial(
    question: Question, engine: str | None, version: Version, on_step: OnStep, children: list[subprocess.Popen[str]]
) -> Trial:
    """Run one version on one engine in a process of its own, which is added to ``children``."""
    shown = " ".join(filter(None, [_engine_name(engine), version.name]))
    request = _request(question, engine, version)
    with tempfile.TemporaryFile("w+", errors="replace") as noise:  # a pipe that isn't read would block the child
        child = subprocess.Popen(
            [sys.executable, "-m", "migfix.prove.trial"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=noise,
            text=True,
            cwd=question.root,
        )
        children.append(child)
        too_long = threading.Event()
        with _limited(child, question.limit, too_long):
            trial, could_not_run = _answered(child, request, lambda step: on_step(f"{shown}: {step}"))
            child.wait()
        if child.returncode < 0 or (trial is None and not could_not_run):  # it may not have dropped its databases
            _sweep(request)
        if trial is None and not could_not_run:
            noise.seek(0)
            could_not_run = (
                f"It took more than {question.limit:g} seconds (--time-limit)."
                if too_long.is_set()
                else _last_words(child.returncode, noise.read())
            )
    return trial or Trial(str(request["name"]), version.name, could_not_run=could_not_run)


def _request(question: Question, engine: str | None, version: Version) -> dict[str, object]:
    """The request to the process of one trial, as JSON data."""
    return {
        "root": str(question.root),
        "here": str(Path.cwd()),
        "settings": question.settings,
        "database": question.database,
        "engine": engine,
        "name": _engine_name(engine) or question.database,
        "version": version.name,
        "targets": list(map(asdict, version.targets)),
        "aside": list(map(asdict, version.aside)),
        "after": {path: base64.b64encode(content).decode() for path, content in version.after.items()},
        "hidden": sorted(version.hidden),
        "rows": question.count,
        "own_rows": question.own_rows,
        "sql": question.shows_sql,
        "real_schema": question.is_from_real_schema,
    }


def _answered(child: subprocess.Popen[str], request: dict[str, object], on_step: OnStep) -> tuple[Trial | None, str]:
    """The result of a trial, or why it couldn't be run. Calls ``on_step`` for each step.

    The stdin of the process stays open until then, because the trial ends when it is closed.
    """
    assert child.stdin
    assert child.stdout
    trial, could_not_run = None, ""
    with suppress(BrokenPipeError), child.stdin:
        child.stdin.write(json.dumps(request) + "\n")
        child.stdin.flush()
        for line in child.stdout:
            event = json.loads(line)
            if "step" in event:
                on_step(event["step"])
            could_not_run = event.get("could_not_run", could_not_run)
            if "trial" in event:
                trial = trial_from(event["trial"])
            if trial or could_not_run:
                break
    return trial, could_not_run


@contextmanager
def _limited(child: subprocess.Popen[str], limit: float | None, too_long: threading.Event) -> Iterator[None]:
    """End a trial that takes longer than ``limit`` seconds, and set the event."""

    def end() -> None:
        too_long.set()
        _end(child)

    timer = threading.Timer(limit or 0, end)
    timer.daemon = True
    if limit:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end(child: subprocess.Popen[str]) -> None:
    """Interrupt a trial and let it clean up. Kill it if it takes too long or the user presses Ctrl-C again."""
    try:
        child.send_signal(signal.SIGINT)
        child.wait(PATIENCE)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        child.kill()
        child.wait()


def _last_words(code: int, noise: str) -> str:
    """Why a trial ended without an answer. Raises RuntimeError for a bug in migfix."""
    if code < 0:
        return f"The process that runs the migrations was killed ({signal.Signals(-code).name})."
    if code == 1 and "Traceback" in noise:
        raise RuntimeError(f"The process that runs the migrations failed.\n{noise}")
    if code == 130:
        return "The process that runs the migrations was interrupted."
    return f"The process that runs the migrations ended early, with exit code {code}: something in it left Python."


def _sweep(request: dict[str, object]) -> None:
    """Drop the databases that a killed trial left behind."""
    subprocess.run(
        [sys.executable, "-m", "migfix.prove.trial"],
        input=json.dumps(request | {"sweep": True}) + "\n",
        capture_output=True,
        text=True,
        cwd=str(request["root"]),
        check=False,
    )


def _engine_name(engine: str | None) -> str:
    """The name of an engine before it was connected to: the scheme of its URL."""
    return (engine or "").partition("://")[0]
