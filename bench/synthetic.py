"""Projects of any size, written to disk: many files, or one file with many operations."""

from __future__ import annotations

from pathlib import Path

FILE = """import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{dependencies}]

    operations = [
{operations}    ]
"""
ADD_FIELD = """        migrations.AddField(
            model_name="{model}",
            name="{name}",
            field=models.{field},
        ),
"""
CREATE_MODEL = """        migrations.CreateModel(
            name="{name}",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
{key}            ],
        ),
"""
KEY = '                ("other", models.ForeignKey(on_delete=models.CASCADE, null=True, to="{app}.thing")),\n'
PLAIN = "CharField(max_length=50, null=True)"


def many_files(root: Path, apps: int, files: int) -> Path:
    """A project of ``apps`` apps with ``files`` migrations each. The first of each app points at the app before it.

    Returns the last file.
    """
    root.mkdir(parents=True)
    (root / "manage.py").touch()
    path = root
    for number in range(apps):
        app, before = f"app{number:03}", f"app{number - 1:03}"
        key = KEY.format(app=before) if number else ""
        operations = CREATE_MODEL.format(name="Thing", key=key)
        dependencies = f'("{before}", "0001_m")' if number else ""
        for place in range(1, files + 1):
            path = _write(root, app, f"{place:04}_m", dependencies, operations)
            dependencies = f'("{app}", "{place:04}_m")'
            operations = ADD_FIELD.format(model="thing", name=f"field{place}", field=PLAIN)
    return path


def many_operations(root: Path, operations: int, models: int, field: str = PLAIN) -> Path:
    """A project whose second migration adds ``operations`` fields to ``models`` models. Returns that file."""
    root.mkdir(parents=True)
    (root / "manage.py").touch()
    created = "".join(CREATE_MODEL.format(name=f"Thing{number}", key="") for number in range(models))
    _write(root, "blog", "0001_initial", "", created)
    added = "".join(
        ADD_FIELD.format(model=f"thing{number % models}", name=f"field{number}", field=field)
        for number in range(operations)
    )
    return _write(root, "blog", "0002_more", '("blog", "0001_initial")', added)


def _write(root: Path, app: str, name: str, dependencies: str, operations: str) -> Path:
    folder = root / app / "migrations"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(FILE.format(dependencies=dependencies, operations=operations))
    return path
