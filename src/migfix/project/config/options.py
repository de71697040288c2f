"""The options of a command, which override pyproject.toml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from migfix.errors import ConfigError
from migfix.project.config import Config
from migfix.project.config.confirmed import is_confirmed
from migfix.project.facts import ENGINES
from migfix.source.migration import Key


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
    duplicates: Mapping[str, str] | None = None,
    renamed: Mapping[str, str] | None = None,
    mapped: Mapping[str, str] | None = None,
    truncate: Iterable[str] = (),
    set_noop: bool = False,
    force: bool = False,
    follow_up: bool = False,
) -> Config:
    """The configuration with some facts replaced or extended. Facts that aren't passed stay. Raises ConfigError."""
    facts = config.facts
    changes: dict[str, object] = {}
    if names := [name.strip().lower() for each in engines for name in each.split(",") if name.strip()]:
        changes["engines"] = frozenset(_engine(name) for name in names)
    if auth_user_model:
        changes["auth_user"] = _user_model(auth_user_model)
    if django:
        changes["django"] = _version(django)
    mappings = {"apps": apps, "migration_modules": migration_modules, "values": values, "moved": moved}
    mappings |= {"duplicates": duplicates, "renamed": renamed, "mapped": mapped}
    for name, given in mappings.items():
        changes[name] = {**getattr(facts, name), **(given or {})}
    changes["truncate"] = facts.truncate | frozenset(truncate)
    fields = [name for given in (values, duplicates, mapped) for name in given or ()]
    fields += [name for name in renamed or () if name.count(".") != 1]
    _demand_names([*fields, *truncate], 2, "field", "blog.Category.name")
    both = [label for pair in (moved or {}).items() for label in pair]
    _demand_names(both, 1, "model", "cars.Engine=engines.Engine")
    changes["set_noop"] = facts.set_noop or set_noop
    changes |= {"force": force, "follow_up": follow_up}
    return replace(config, facts=replace(facts, **changes))  # type: ignore[arg-type]


def _demand_names(names: Iterable[str], dots: int, what: str, example: str) -> None:
    """Raises ConfigError if one of them isn't a name of a field or a model."""
    for name in names:
        if name.count(".") != dots:
            form = {1: "app.Model", 2: "app.Model.field"}[dots]
            raise ConfigError(f"`{name}` doesn't name a {what}.", f"Write {form}, as in {example}.")


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
    """The configuration with the options for rules, Django and git. ``database`` also selects MIG6, which has no rules.

    Raises ConfigError for a database without settings.
    """
    chosen = split_codes(select) or config.select
    chosen += split_codes(extend_select) + (("MIG6",) if database else ())
    unconfirmed = None
    if settings is None and config.settings:
        if is_confirmed(config.home, config.settings):
            settings = config.settings
        else:
            unconfirmed = config.settings
    if database and not settings:
        raise ConfigError("--database needs --settings.")
    if config.databases and settings is None and not unconfirmed:
        raise ConfigError("`databases` in [tool.migfix] needs `settings`.")
    asked = frozenset(name for text in chosen for name in (text.upper(), text.lower()))
    return replace(
        config,
        facts=replace(config.facts, asked=asked),
        select=chosen,
        ignore=config.ignore + split_codes(ignore),
        settings=settings or None,  # "" is passed to use no settings
        unconfirmed=unconfirmed,
        databases=() if unconfirmed else config.databases,
        database=database,
        since=since,
        is_all=is_all,
    )


def split_codes(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())


def pairs(texts: Iterable[str], flag: str) -> dict[str, str]:
    """``a=b`` options as a mapping. Raises ConfigError."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"{flag} {text}: expected NAME=VALUE.")
        found[name.strip()] = value
    return found


def _engine(name: str) -> str:
    name = name.partition("://")[0]  # a URL begins with its engine
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
