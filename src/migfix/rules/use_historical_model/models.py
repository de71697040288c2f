"""Which names of a migration are live models."""

from __future__ import annotations

from dataclasses import dataclass, replace

from migfix.history import History
from migfix.rules.use_historical_model.classes import Class, find_class
from migfix.source.migration import Call, Migration

USER_MODEL = "django.contrib.auth.get_user_model"
_CONTRIB: dict[str, tuple[str, ...]] = {
    "admin": ("LogEntry",),
    "auth": ("Group", "Permission", "User"),
    "contenttypes": ("ContentType",),
    "flatpages": ("FlatPage",),
    "redirects": ("Redirect",),
    "sessions": ("Session",),
    "sites": ("Site",),
}


@dataclass(frozen=True)
class LiveModel:
    """A model as models.py has it today: its label, and its class if the project defines it."""

    app: str
    name: str
    declared: Class | None = None
    is_user: bool = False
    """Whether it is the model that AUTH_USER_MODEL means."""

    @property
    def label(self) -> str:
        return "settings.AUTH_USER_MODEL" if self.is_user else f"{self.app}.{self.name}"

    @property
    def key(self) -> tuple[str, str]:
        return self.app, self.name.lower()


@dataclass(frozen=True)
class Unknown:
    """A class of a models.py outside the project, so that migfix can't determine its label."""

    module: str
    name: str

    @property
    def label(self) -> str:
        return f"{self.module}.{self.name}"


def live_model(history: History, module: str, name: str, near: str) -> LiveModel | Unknown | None:
    """The model that ``from module import name`` gives in the file ``near``; None if it isn't a model."""
    parts = module.split(".")
    if module.startswith("django."):
        is_model = parts[:2] == ["django", "contrib"] and len(parts) == 4 and name in _CONTRIB.get(parts[2], ())
        return LiveModel(parts[2], name) if is_model and parts[3] == "models" else None
    found = find_class(history, module, name, near)
    if found and name.lower() in _models_of(history, found.app):
        return LiveModel(found.app, name, found)
    is_ours = any(history.module(".".join(parts[:end]), near) for end in range(1, len(parts) + 1)) if parts[0] else True
    is_outside = found is None and not is_ours and "models" in parts
    return Unknown(module, name) if is_outside and name[:1].isupper() and not name.isupper() else None


def _models_of(history: History, app: str) -> dict[str, str]:
    """Lower-case name -> name of the models that migrations of an app create or rename."""
    found = {}
    for migration in history.app(app).values():
        for top in migration.operations:
            for op in (top, *top.inner):
                if op.kind in ("CreateModel", "RenameModel"):
                    name = op.text("new_name" if op.kind == "RenameModel" else "name")
                    found[name.lower()] = name
    return found


def user_model(history: History) -> LiveModel:
    """The model that ``get_user_model()`` returns."""
    app, name = history.facts.auth_user or ("auth", "user")
    if app in _CONTRIB and not history.app(app):
        return LiveModel("auth", "User", is_user=True)
    found = model_called(history, app, name)
    return replace(found, is_user=True) if found else LiveModel(app, name, is_user=True)


def model_called(history: History, app: str, name: str) -> LiveModel | None:
    """The live model with this label, in any case."""
    of_django = next((each for each in _CONTRIB.get(app, ()) if each.lower() == name.lower()), None)
    if of_django and not history.app(app):
        return LiveModel(app, of_django)
    for key, created in _models_of(history, app).items():
        for migration in history.app(app).values() if key == name.lower() else ():
            found = find_class(history, "..models", created, migration.path)
            return LiveModel(app, created, found) if found else None
    return None


def module_bindings(migration: Migration, history: History) -> dict[str, LiveModel | Unknown]:
    """The module-level names that are bound to a live model."""
    found: dict[str, LiveModel | Unknown] = {}
    for each in migration.imports:
        if each.name and (live := live_model(history, each.module, each.name, migration.path)):
            found[each.bound] = live
    for name, value in migration.constants.items():
        if isinstance(value, Call) and value.func == USER_MODEL:
            found[name] = user_model(history)
    return found
