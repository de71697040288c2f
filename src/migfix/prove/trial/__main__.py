"""One trial: it reads a request from stdin and writes its progress to stdout as lines of JSON.

The lines are ``{"step": …}`` when a step begins, and at the end ``{"trial": …}`` or ``{"could_not_run": …}``. If the
process that started the trial ends, stdin is closed. The trial then drops its databases and ends as well.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, NoReturn, TextIO

from django.core.management.base import CommandError
from django.db import InterfaceError, OperationalError, connections

from migfix.errors import MigfixError
from migfix.findings.proof import Outcome, Step, Trial
from migfix.prove.planned import PlannedFinder, PlannedLoader, file_of
from migfix.prove.trial.foreign import Foreign, Stopped, one_line
from migfix.prove.trial.journey import Journey, Route, Wishes
from migfix.prove.trial.loading import configured, set_up_project
from migfix.prove.trial.migrator import Migrator
from migfix.prove.trial.scratch.databases import engine_name, scratch_databases, sweep
from migfix.prove.trial.scratch.real_schema import RealSchema, real_schema
from migfix.prove.trial.scratch.settings import is_used, scratch_settings
from migfix.prove.trial.statements import StatementLog
from migfix.prove.trial.touched import Sources
from migfix.source.migration import Key

Tell = Callable[[dict[str, object]], None]


def try_out(request: dict[str, Any], report_step: Tell) -> Trial:
    """Run one version of the files on one engine. Raises MigfixError if it can't be run."""
    planned = {
        os.path.realpath(path): base64.b64decode(each)
        for path, each in request["after"].items()
        if path.endswith(".py")
    }
    sources, alias = Sources(planned), request["database"]
    replaced = scratch_settings(configured(request["settings"]), request["engine"], alias)
    set_up = partial(set_up_project, request["settings"])
    if request.get("sweep"):
        sweep(replaced, set_up)
        return Trial(request["name"], request["version"])
    real = real_schema(alias, set_up) if request.get("real_schema") else None
    wishes = Wishes(request["rows"], tuple(request["own_rows"]), request["sql"], real)
    with PlannedFinder(planned), scratch_databases(replaced, set_up):
        set_up()
        log = StatementLog(connections[alias])
        migrator = Migrator(connections[alias], sources, request["hidden"], log)
        with Foreign(MigfixError) as caught:
            route = route_to(request["targets"], request["aside"], migrator.load())
        if caught.error is not None:
            step = Step("load", Outcome.failed, 0.0, caught.message)
            return Trial(engine_name(connections[alias]), request["version"], (step,))
        if real:
            _demand_pending(route, real)
        for other in replaced:
            if other != alias and is_used(replaced[other]) and not replaced[other]["TEST"].get("MIRROR"):
                beside = Migrator(connections[other], sources, request["hidden"], StatementLog(connections[other]))
                beside.prepare()
                beside.forward(route.before)
        journey = Journey(migrator, route, wishes, sources, lambda name: report_step({"step": name}))
        journey.run()
        return journey.trial(request["version"])


def _demand_pending(route: Route, real: RealSchema) -> None:
    """Raises MigfixError if a migration that is to run is applied in the real database."""
    if done := next((each for each in route.run if each in real.applied), None):
        raise MigfixError(
            f"{'.'.join(done)} is applied in `{real.alias}`, whose structure is the one after it.",
            "Leave out --real-schema, or use --database for a database that hasn't run it.",
        )


def route_to(targets: list[dict[str, str]], aside: list[dict[str, str]], loader: PlannedLoader) -> Route:
    """The route for ``targets``: it runs them and the migrations between them.

    All migrations that don't depend on a target or on ``aside`` are applied before. Raises MigfixError for a target
    that Django doesn't know or wouldn't run.
    """
    graph, named = loader.graph, [_key_of(target, loader) for target in targets]
    replaced = {each for key in named for each in loader.disk_migrations[key].replaces if key in graph.nodes}
    keys = [key for key in named if key not in replaced]
    for key in keys:
        _demand_run(key, loader)
    _demand_one_leaf({app for app, _ in keys}, loader)
    left = [_key_of(target, loader) for target in aside]
    after: set[Key] = {each for key in (*keys, *left) for each in graph.backwards_plan(key)}
    needed: set[Key] = {each for key in keys for each in graph.forwards_plan(key)}
    order: dict[Key, None] = dict.fromkeys(each for leaf in graph.leaf_nodes() for each in graph.forwards_plan(leaf))
    return Route(
        tuple(key for key in order if key not in after), tuple(key for key in order if key in after and key in needed)
    )


def _key_of(target: dict[str, str], loader: PlannedLoader) -> Key:
    if target["path"]:
        path = os.path.realpath(target["path"])
        key = next((key for key, each in loader.disk_migrations.items() if file_of(each) == path), None)
        if key is None:
            raise MigfixError(
                f"{target['path']} isn't a migration that these settings load.",
                "Is its app in INSTALLED_APPS, and are these the right settings?",
            )
    else:
        key = _named(target["app"], target["name"], loader)
    return key


def _demand_run(key: Key, loader: PlannedLoader) -> None:
    if key not in loader.graph.nodes:
        squash = next((k for k, each in loader.replacements.items() if key in each.replaces), None)
        instead = f"{squash[0]} {squash[1]}" if squash else "another one"
        raise MigfixError(
            f"Django doesn't run {key[0]}.{key[1]} on a new database: {instead} replaces it.",
            f"Verify that one instead: migfix verify {instead}.",
        )


def _demand_one_leaf(apps: set[str], loader: PlannedLoader) -> None:
    """Raises CommandError, as ``migrate`` does, for an app with several leaves."""
    for app, names in sorted(loader.detect_conflicts().items()):
        if app in apps:
            fact = f"Conflicting migrations detected; multiple leaf nodes in the migration graph: ({', '.join(names)}"
            raise CommandError(f"{fact} in {app}).")


def _named(app: str, name: str, loader: PlannedLoader) -> Key:
    if app not in loader.migrated_apps:
        raise MigfixError(f"There is no app `{app}` with migrations.", "Is its app in INSTALLED_APPS?")
    if not name:
        leaf: Key = max(key for key in loader.graph.leaf_nodes() if key[0] == app)
        return leaf
    found = [key for key in loader.disk_migrations if key[0] == app and key[1].startswith(name)]
    exact = [key for key in found if key[1] == name]
    if len(exact or found) != 1:
        fact = (
            f"{app} has no migration that starts with {name}."
            if not found
            else f"{name} matches several migrations of {app}."
        )
        names = found or [key for key in loader.disk_migrations if key[0] == app]
        listed = ", ".join(sorted(key[1] for key in names))
        raise MigfixError(fact, f"They are {listed}." if found else f"It has {listed}.")
    key: Key = (exact or found)[0]
    return key


def _stop(number: int, _: FrameType | None) -> NoReturn:
    """The handler of the first signal. The trial ends and cleans up; further signals are ignored."""
    _ignore_signals()
    raise Stopped


_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def _ignore_signals() -> None:
    for each in _ENDING:
        signal.signal(each, signal.SIG_IGN)


def _wire() -> tuple[TextIO, TextIO]:
    """The streams of the request and the answer, separate from what the project reads and prints.

    Afterwards stdin is empty, and stdout is the same as stderr.
    """
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), sys.stderr
    return requests, answers


def _end_with(requests: TextIO) -> None:
    """End the trial when the process that started it has ended for any reason, which closes the request stream."""
    requests.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run the trial. Returns the exit code: 0 with a result, 2 if it couldn't be run, 130 if it was interrupted."""
    for each in _ENDING:
        signal.signal(each, _stop)
    asked, wire = _wire()
    request = json.loads(asked.readline())
    if not request.get("sweep"):
        threading.Thread(target=_end_with, args=[asked], daemon=True).start()
    sys.path[:0] = dict.fromkeys([request["here"], request["root"]])

    def report_step(event: dict[str, object]) -> None:
        wire.write(json.dumps(event, default=lambda value: value.value) + "\n")
        wire.flush()

    try:
        trial = try_out(request, report_step)
    except MigfixError as error:
        _ignore_signals()
        report_step({"could_not_run": str(error)})
        return 2
    except (OperationalError, InterfaceError) as error:  # outside a step; errors in a step are part of its result
        _ignore_signals()
        report_step({"could_not_run": f"The database server can't be used any more: {one_line(error).rstrip('.?')}."})
        return 2
    except (Stopped, BrokenPipeError):
        return 130
    _ignore_signals()
    report_step({"trial": dataclasses.asdict(trial)})
    return 0


if __name__ == "__main__":
    code = 1
    try:
        code = main()
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(code)  # doesn't wait for threads of the project or for the one that reads stdin
