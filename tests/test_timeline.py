"""The models before each migration, computed from its parents, are those of a replay from the first migration."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from cases import Case, all_cases

from migfix.history import History
from migfix.history.state import State
from migfix.project.facts import Facts
from migfix.project.select import project_at
from migfix.source.migration import Dependency, Migration


def replayed(history: History, migration: Migration) -> State:
    """The models before a migration, by a replay of everything before it."""
    state = State(history.facts)
    for each in history.before(migration):
        state.replay(each, each.operations)
    for old, label in {each.old: each.label for each in state.renames}.items():
        if old not in state.models:
            state.repoint(old, label, state.models.apps)  # references that the order of the walk put behind the rename
    return state


def demand_same(history: History) -> None:
    migrations = [each for label in history.labels for each in history.app(label).values()]
    for migration in migrations:
        expected, found = replayed(history, migration), history.state_before(migration)
        assert dict(found.models) == dict(expected.models), migration.key
        assert {key for key, _ in found.opaque} == {key for key, _ in expected.opaque}
        before = {each.key for each in history.before(migration)}
        assert {each.key for each in migrations if history.runs_before(each.key, migration)} == before
        for index, op, state in history.states(migration):
            assert dict(history.state_before(migration, index).models) == dict(state.models), (migration.key, op.line)


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_states_of_fixtures(case: Case) -> None:
    root = case.folder / "before"
    history = History(Facts(), project_at(root, Facts()))
    demand_same(history)
    # each migration with one dependency less, derived from the history whose states are known
    for label in history.labels:
        for migration in [each for each in history.app(label).values() if len(each.dependencies) > 1]:
            demand_same(history.with_migrations([replace(migration, dependencies=migration.dependencies[:-1])]))


HEADER = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
CREATE = (
    'migrations.CreateModel(name="{}", fields=[("id", models.AutoField(primary_key=True)), '
    '("to", models.ForeignKey(on_delete=models.CASCADE, null=True, to="{}"))])'
)
ADD = 'migrations.AddField(model_name="{}", name="{}", field=models.CharField(max_length=9))'
RENAME = 'migrations.RenameModel(old_name="{}", new_name="{}")'


def write_project(root: Path, seed: int) -> None:
    """Three apps whose migrations branch, merge, depend on each other and rename models that others point at."""
    chosen = random.Random(seed)
    made: list[tuple[str, str, dict[tuple[str, int], str]]] = []
    """App, name, and the models that exist after it: app and number -> present name."""
    renamed: set[tuple[str, int]] = set()
    leaves: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    for number in range(24):
        app = chosen.choice("abc")
        own = leaves[app]
        parents = own if chosen.random() < 0.4 else [chosen.choice(own)] if own else []
        others = [index for index, each in enumerate(made) if each[0] != app]
        parents = [*parents, *chosen.sample(others, min(len(others), chosen.randrange(3)))]
        models: dict[tuple[str, int], str] = {}
        for parent in parents:
            for key, present in made[parent][2].items():
                models[key] = max(models.get(key, ""), present, key=len)  # a new name is longer
        there = [key for key in models if key[0] == app]
        name, kind = f"{number:04}_m", chosen.random()
        if kind < 0.5 or not there:
            target = chosen.choice(list(models) or [(app, number)])
            label = f"{target[0]}.{models.get(target, f'M{number}')}"
            operation = CREATE.format(f"M{number}", label)
            models[app, number] = f"M{number}"
        elif kind < 0.85 or set(there) <= renamed:
            operation = ADD.format(models[chosen.choice(there)].lower(), f"f{number}")
        else:
            key = chosen.choice([each for each in there if each not in renamed])
            renamed.add(key)
            operation = RENAME.format(models[key], f"{models[key]}x{number}")
            models[key] += f"x{number}"
        leaves[app] = [*(each for each in own if each not in parents), len(made)]
        made.append((app, name, models))
        folder = root / app / "migrations"
        folder.mkdir(parents=True, exist_ok=True)
        dependencies = ", ".join(f'("{made[parent][0]}", "{made[parent][1]}")' for parent in dict.fromkeys(parents))
        body = f"    dependencies = [{dependencies}]\n\n    operations = [{operation}]\n"
        (folder / f"{name}.py").write_text(HEADER + body)


@pytest.mark.parametrize("seed", range(40))
def test_states_of_random_graphs(seed: int, tmp_path: Path) -> None:
    (tmp_path / "manage.py").touch()
    write_project(tmp_path, seed)
    history = History(Facts(), project_at(tmp_path, Facts()))
    demand_same(history)
    last = [each for label in history.labels for each in history.app(label).values()][-1]
    more = Dependency(history.leaves(history.labels[0])[0], None, len(last.dependencies), 1)
    if more.key and more.key != last.key and not history.runs_before(last.key, history.migration(more.key) or last):
        demand_same(history.with_migrations([replace(last, dependencies=(*last.dependencies, more))]))


def test_reference_beside_a_rename(tmp_path: Path) -> None:
    """What pointed at a renamed model follows it, in a merge and where another model has the old name now."""
    (tmp_path / "manage.py").touch()
    files = {
        "a/0001_m": ([], CREATE.format("First", "a.First")),
        "b/0001_m": ([], CREATE.format("Old", "b.Old")),
        "b/0002_m": (['("b", "0001_m")'], RENAME.format("Old", "New")),
        "a/0002_x": (['("a", "0001_m")', '("b", "0002_m")'], ADD.format("first", "name")),
        "a/0002_y": (['("a", "0001_m")', '("b", "0001_m")'], CREATE.format("Second", "b.Old")),
        "a/0003_merge": (['("a", "0002_x")', '("a", "0002_y")'], ""),
        "b/0003_m": (['("b", "0002_m")'], CREATE.format("Old", "b.Old")),
        "c/0001_m": (['("b", "0001_m")'], CREATE.format("Third", "b.Old")),
        "c/0002_m": (['("c", "0001_m")', '("b", "0003_m")'], CREATE.format("Fourth", "b.Old")),
        "c/0003_m": (['("c", "0002_m")'], ""),
    }
    for place, (dependencies, operation) in files.items():
        app, _, name = place.partition("/")
        (tmp_path / app / "migrations").mkdir(parents=True, exist_ok=True)
        body = f"    dependencies = [{', '.join(dependencies)}]\n\n    operations = [{operation}]\n"
        (tmp_path / app / "migrations" / f"{name}.py").write_text(HEADER + body)
    history = History(Facts(), project_at(tmp_path, Facts()))
    targets = {
        name: history.state_before(history.app(app)[migration])
        .models[app, name]
        .fields["to"]
        .target(app, name, Facts())
        for app, migration, name in [
            ("a", "0003_merge", "second"),
            ("c", "0002_m", "third"),
            ("c", "0003_m", "third"),
            ("c", "0003_m", "fourth"),
        ]
    }
    assert targets == {"second": ("b", "new"), "third": ("b", "new"), "fourth": ("b", "old")}
