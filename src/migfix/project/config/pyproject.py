"""Load the configuration of a project from its pyproject.toml, or from that of the repository around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from migfix.errors import ConfigError
from migfix.project.config import BASELINE, Config
from migfix.project.config.table import from_table
from migfix.project.files import read_bytes, up_to_repository


def load_config(root: Path) -> Config:
    """The configuration of the project at ``root``, with defaults for everything that pyproject.toml doesn't set.

    Raises ConfigError for unknown keys and values of the wrong type.
    """
    path, table = read_table(root)
    config = from_table(table, str(path)) if table is not None else Config()
    home = path.parent if table is not None else root
    baseline = next((each for each in up_to_repository(root) if (each / BASELINE).is_file()), home)
    return replace(config, home=home, baseline=baseline)


def read_table(root: Path) -> tuple[Path, Mapping[str, object] | None]:
    """The file and content of ``[tool.migfix]`` for the project at ``root``; the content is None if there is none.

    The table may also be in a folder above, up to the top of the repository. Raises ConfigError.
    """
    for folder in up_to_repository(root):
        path = folder / "pyproject.toml"
        if (table := _table_in(path)) is not None:
            return path, table
    return root / "pyproject.toml", None


def _table_in(path: Path) -> Mapping[str, object] | None:
    if not path.exists():
        return None
    content = read_bytes(path)
    if b"migfix" not in content:
        return None
    import tomllib

    try:
        tool = tomllib.loads(content.decode("utf-8-sig")).get("tool", {})
        table = tool.get("migfix") if isinstance(tool, dict) else None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}.") from None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{path}: [tool.migfix] must be a table.")
    return table
