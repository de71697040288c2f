"""``[tool.migfix]`` in pyproject.toml, and the flags that go before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from migfix.errors import ConfigError, UnreadableFile
from migfix.git import top_of
from migfix.history.facts import ENGINES, Facts
from migfix.history.files import read_bytes
from migfix.model import Key

KEYS = {
    "select": list,
    "extend-select": list,
    "ignore": list,
    "engines": list,
    "apps": dict,
    "auth-user-model": str,
    "django": str,
    "migration-modules": dict,
    "values": dict,
    "moved": dict,
    "settings": str,
    "databases": list,
    "per-file-ignores": dict,
    "after-makemigrations": str,
}

AFTER_MAKEMIGRATIONS = ("ask", "fix", "show", "off")

BASELINE = "migfix-baseline.json"
DEFAULT_SELECT = ("MIG1", "MIG2", "MIG3")


@dataclass(frozen=True, eq=False, repr=False)
class Config:
    """What is in force for one run."""

    home: Path = Path()
    """The folder whose pyproject.toml says it, else the project."""
    baseline: Path = Path()
    """The folder of the baseline: the nearest that has one, in the project or above it, else ``home``."""
    facts: Facts = field(default_factory=Facts)
    select: tuple[str, ...] = DEFAULT_SELECT
    ignore: tuple[str, ...] = ()
    settings: str | None = None
    unasked: str | None = None
    """The settings that only pyproject.toml names and that nobody confirmed: to import them runs the tree's code."""
    database: str | None = None
    databases: tuple[str, ...] = ()
    """The databases whose applied migrations are left alone, where settings say how to reach them."""
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Pattern of paths below the project -> codes that are accepted there."""
    after_makemigrations: str = "ask"
    has_baseline: bool = True
    """Whether what the project's baseline accepts is accepted."""
    since: str | None = None
    """The commit that holds what may be deployed, instead of the default branch."""
    is_picked: bool = False
    """Whether git chose the files, rather than a person."""
    is_all: bool = False
    """Whether every migration is wanted also where nobody knows what is deployed."""


def load_config(root: Path) -> Config:
    """The configuration of the project at ``root``; defaults where pyproject.toml says nothing.

    Raises ConfigError for unknown keys and values of the wrong type.
    """
    path, table = read_table(root)
    config = from_table(table, str(path)) if table is not None else Config()
    home = path.parent if table is not None else root
    baseline = next((each for each in _up_to_the_top(root) if (each / BASELINE).is_file()), home)
    return replace(config, home=home, baseline=baseline)


def read_table(root: Path) -> tuple[Path, Mapping[str, object] | None]:
    """``[tool.migfix]`` of the project at ``root`` and its file; None without one. Raises ConfigError.

    The repository around the project may say it as well.
    """
    for folder in _up_to_the_top(root):
        path = folder / "pyproject.toml"
        if (table := _table_in(path)) is not None:
            return path, table
    return root / "pyproject.toml", None


def _up_to_the_top(root: Path) -> list[Path]:
    """``root`` and the folders above it, up to the top of the repository; ``root`` alone outside one."""
    top = top_of(root) or root
    return [folder for folder in (root, *root.parents) if folder.is_relative_to(top)]


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


def line_length_of(root: Path) -> int | None:
    """The line length of the project's ruff or black; None if none is said, or its file can't be read."""
    import tomllib

    for folder in _up_to_the_top(root):
        for name, *tables in _LINE_LENGTHS:
            try:
                table: object = tomllib.loads(read_bytes(folder / name).decode("utf-8-sig"))
            except (UnreadableFile, ValueError):
                continue
            for key in tables:
                table = table.get(key, {}) if isinstance(table, dict) else {}
            length = table.get("line-length") if isinstance(table, dict) else None
            if isinstance(length, int):
                return length
    return None


_LINE_LENGTHS = (
    ("ruff.toml",),
    (".ruff.toml",),
    ("pyproject.toml", "tool", "ruff"),
    ("pyproject.toml", "tool", "black"),
)


def from_table(table: Mapping[str, object], origin: str) -> Config:
    """The configuration of one ``[tool.migfix]`` table; ``origin`` names it in errors."""
    for key, value in table.items():
        if key not in KEYS:
            raise ConfigError(f"{origin}: [tool.migfix] has no key `{key}`.", _suggestion(key, KEYS))
        if not isinstance(value, KEYS[key]):
            raise ConfigError(f"{origin}: `{key}` must be a {_TOML_NAMES[KEYS[key]]}.")
    config = Config(
        select=_codes(table.get("select", DEFAULT_SELECT)) + _codes(table.get("extend-select", ())),
        ignore=_codes(table.get("ignore", ())),
        settings=_text(table.get("settings")),
        databases=_codes(table.get("databases", ())),
        per_file_ignores=_per_file(table.get("per-file-ignores", {}), origin),
        after_makemigrations=_one_of(AFTER_MAKEMIGRATIONS, table, "after-makemigrations", origin),
    )
    return with_facts(
        config,
        engines=_codes(table.get("engines", ())),
        apps=_strings(table.get("apps", {})),
        auth_user_model=_text(table.get("auth-user-model")),
        django=_text(table.get("django")),
        migration_modules=_strings(table.get("migration-modules", {})),
        values=_flat(table.get("values", {})),
        moved=_strings(table.get("moved", {})),
    )


_TOML_NAMES = {list: "list of strings", dict: "table", str: "string"}


def with_facts(
    config: Config,
    *,
    engines: Iterable[str] = (),
    apps: Mapping[str, str] | None = None,
    auth_user_model: str | None = None,
    django: str | None = None,
    migration_modules: Mapping[str, str] | None = None,
    values: Mapping[str, object] | None = None,
    moved: Mapping[str, str] | None = None,
    set_noop: bool = False,
    force: bool = False,
    follow_up: bool = False,
) -> Config:
    """The configuration with some facts said anew; what is left out stays."""
    facts = config.facts
    changes: dict[str, object] = {}
    if names := [name.strip().lower() for each in engines for name in each.split(",") if name.strip()]:
        changes["engines"] = frozenset(_engine(name) for name in names)
    if auth_user_model:
        changes["auth_user"] = _user_model(auth_user_model)
    if django:
        changes["django"] = _version(django)
    changes["apps"] = {**facts.apps, **(apps or {})}
    changes["migration_modules"] = {**facts.migration_modules, **(migration_modules or {})}
    changes["values"] = {**facts.values, **(values or {})}
    for name in values or {}:
        if name.count(".") != 2:
            raise ConfigError(f"`{name}` doesn't name a field.", "Write app.Model.field, as in blog.Category.name.")
    changes["moved"] = {**facts.moved, **(moved or {})}
    for name in [label for pair in (moved or {}).items() for label in pair]:
        if name.count(".") != 1:
            raise ConfigError(f"`{name}` doesn't name a model.", "Write app.Model, as in cars.Engine=engines.Engine.")
    changes["set_noop"] = facts.set_noop or set_noop
    changes |= {"force": force, "follow_up": follow_up}
    return replace(config, facts=replace(facts, **changes))  # type: ignore[arg-type]


def with_selection(
    config: Config,
    select: Iterable[str],
    extend_select: Iterable[str],
    ignore: Iterable[str],
    settings: str | None,
    database: str | None,
    since: str | None = None,
    is_all: bool = False,
) -> Config:
    """The configuration with the flags for rules, Django and git; rules of group 6 need a database to look at."""
    chosen = _split(select) or config.select
    chosen += _split(extend_select) + (("MIG6",) if database else ())
    unasked = None
    if settings is None and config.settings:
        from migfix.confirmed import is_confirmed

        if is_confirmed(config.home, config.settings):
            settings = config.settings
        else:
            unasked = config.settings
    if database and not settings:
        raise ConfigError("--database needs --settings, which say where it is.")
    if config.databases and settings is None and not unasked:
        raise ConfigError("`databases` of [tool.migfix] needs `settings` beside it, which say where they are.")
    return replace(
        config,
        select=chosen,
        ignore=config.ignore + _split(ignore),
        settings=settings or None,  # "" is a person's word, too
        unasked=unasked,
        databases=() if unasked else config.databases,
        database=database,
        since=since,
        is_all=is_all,
    )


def _split(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())


def pairs(texts: Iterable[str], flag: str) -> dict[str, str]:
    """``a=b`` flags as a mapping."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"{flag} {text}: there is no `=` between a name and a value.")
        found[name.strip()] = value
    return found


def _per_file(value: object, origin: str) -> dict[str, tuple[str, ...]]:
    """Pattern -> codes, which may stand alone or in a list."""
    found = {}
    for pattern, codes in value.items() if isinstance(value, dict) else ():
        if not isinstance(codes, str | list):
            raise ConfigError(f"{origin}: `per-file-ignores` of {pattern} must be a list of codes.")
        found[str(pattern)] = _split([codes] if isinstance(codes, str) else map(str, codes))
    return found


def _one_of(known: tuple[str, ...], table: Mapping[str, object], key: str, origin: str) -> str:
    value = str(table.get(key, known[0]))
    if value not in known:
        raise ConfigError(f"{origin}: `{key}` can't be `{value}`.", f"It is one of {', '.join(known)}.")
    return value


def _engine(name: str) -> str:
    name = {"postgres": "postgresql", "sqlite3": "sqlite", "pgsql": "postgresql"}.get(name, name).rpartition(".")[2]
    if name not in ENGINES:
        raise ConfigError(f"migfix doesn't know the engine `{name}`.", f"It knows {', '.join(ENGINES)}.")
    return name


def _user_model(text: str) -> Key:
    app, dot, model = text.partition(".")
    if not dot or "." in model:
        raise ConfigError(f"auth-user-model `{text}` isn't of the form app.Model.")
    return app, model.lower()


def _version(text: str) -> tuple[int, int]:
    try:
        major, minor = text.split(".")[:2]
        return int(major), int(minor)
    except ValueError:
        raise ConfigError(f"django `{text}` isn't a version like 5.2.") from None


def _suggestion(key: str, known: Iterable[str]) -> str:
    import difflib

    close = difflib.get_close_matches(key, known, 1)
    return f"Did you mean `{close[0]}`?" if close else f"It knows {', '.join(known)}."


def _codes(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else ()


def _strings(value: object) -> dict[str, str]:
    return {str(key): str(each) for key, each in value.items()} if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _flat(value: object, prefix: str = "") -> dict[str, object]:
    """Nested tables as dotted names: ``[tool.migfix.values.blog.Category] name = …`` works as well."""
    found: dict[str, object] = {}
    for key, each in value.items() if isinstance(value, dict) else ():
        name = f"{prefix}.{key}" if prefix else str(key)
        found.update(_flat(each, name) if isinstance(each, dict) and name.count(".") < 2 else {name: each})
    return found
