"""What the class of a live model has but its historical model lacks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.model import Model, items_of
from migfix.rules.use_historical_model.classes import Class, find_by_name, lineage
from migfix.source.migration import Literal, Sequence

_NOTHING_MORE = (
    "django.db.models.Model",
    "django.db.models.base.Model",
    "object",
    "abc.ABC",
    "Generic",
    "typing.Generic",
)
_USER = (
    *(
        "str()",
        "check_password",
        "clean",
        "email_user",
        "get_all_permissions",
        "get_full_name",
        "get_group_permissions",
    ),
    *("get_short_name", "get_user_permissions", "get_username", "has_module_perms", "has_perm", "has_perms"),
    *(
        "has_usable_password",
        "is_anonymous",
        "is_authenticated",
        "natural_key",
        "set_password",
        "set_unusable_password",
    ),
)
_OF_DJANGO: dict[str, tuple[str, ...]] = {
    "django.contrib.auth.models.AbstractUser": _USER,
    "django.contrib.auth.models.AbstractBaseUser": _USER,
    "django.contrib.auth.base_user.AbstractBaseUser": _USER,
    "django.contrib.auth.models.PermissionsMixin": _USER,
    "django.contrib.auth.models.User": _USER,
    "django.contrib.auth.models.Group": ("str()", "natural_key"),
    "django.contrib.auth.models.Permission": ("str()", "natural_key"),
    "django.contrib.contenttypes.models.ContentType": (
        *("app_labeled_name", "get_all_objects_for_this_type", "get_object_for_this_type", "model_class"),
        *("str()", "name", "natural_key"),
    ),
    "django.contrib.sessions.models.Session": ("str()", "get_decoded"),
    "django.contrib.sites.models.Site": ("str()", "natural_key"),
    "django.contrib.admin.models.LogEntry": ("str()", "get_admin_url", "get_change_message", "get_edited_object"),
}
"""Methods and properties of Django's own models, from their source in 4.2 to 6.1; ``str()`` means a ``__str__``."""
SAVES = frozenset({"save", "create", "get_or_create", "update_or_create", "acreate", "asave"})
_PLAIN_MANAGERS = ("django.db.models.Manager", "django.db.models.manager.Manager")


@dataclass(frozen=True)
class Lack:
    """One thing that a historical model doesn't have."""

    used_as: frozenset[str]
    """The attributes whose use needs it,"""
    through: str
    """if they are used through this manager, or anywhere if ""."""
    reason: str
    """What it is, to be printed: ``Post.publish() is a method``."""
    is_manager: bool = False
    is_late: bool = False
    """Whether a later migration adds it."""


def lacks(history: History, live: Class, model: Model) -> Iterator[Lack]:
    """Everything that ``live`` declares but ``model``, its state in migrations, doesn't have."""
    classes, others = lineage(history, live)
    for base in others:
        if base not in _NOTHING_MORE and base not in _OF_DJANGO:
            reason = (
                f"what {live.name} inherits from {base.rpartition('.')[2]} can't be read, as that isn't in the project"
            )
            yield Lack(frozenset(), "", reason)
        yield from lacks_of_django(base, live.name)
    for each in classes:
        for statement in each.node.body:
            yield from _lacks(history, each, live.name, statement, model)


def lacks_of_django(dotted: str, name: str) -> Iterator[Lack]:
    """The same for one of Django's own models."""
    for attribute in _OF_DJANGO.get(dotted, ()):
        reason = (
            "__str__() is the live model's own"
            if attribute == "str()"
            else f"{attribute} is a method of the live model"
        )
        yield Lack(frozenset({attribute}), "", f"{name}.{reason}")


def _lacks(history: History, found: Class, name: str, statement: ast.stmt, model: Model) -> Iterator[Lack]:
    match statement:
        case ast.FunctionDef(name="save"):
            yield Lack(SAVES, "", f"{name}.save() is the live model's own")
        case ast.FunctionDef(name="delete"):
            yield Lack(frozenset({"delete"}), "", f"{name}.delete() is the live model's own")
        case ast.FunctionDef(name="__str__"):
            yield Lack(frozenset({"str()"}), "", f"{name}.__str__() is the live model's own")
        case ast.FunctionDef(name=method) | ast.AsyncFunctionDef(name=method) if not method.startswith("__"):
            is_property = any("property" in ast.unparse(each) for each in statement.decorator_list)
            shown = f"{name}.{method} is a property" if is_property else f"{name}.{method}() is a method"
            yield Lack(frozenset({method}), "", f"{shown} of the live model")
        case ast.ClassDef(name=inner) if inner != "Meta":
            yield Lack(frozenset({inner}), "", f"{name}.{inner} is a class of the live model")
        case (
            ast.Assign(targets=[ast.Name(id=attribute)], value=value)
            | ast.AnnAssign(target=ast.Name(id=attribute), value=ast.expr() as value)
        ):
            yield from _attribute(history, found, name, attribute, value, model)


def _attribute(
    history: History, found: Class, name: str, attribute: str, value: ast.expr, model: Model
) -> Iterator[Lack]:
    if attribute in model.fields:
        return
    is_call = isinstance(value, ast.Call)
    kind = found.means(value.func).rpartition(".")[2] if isinstance(value, ast.Call) else ""
    if is_call and (kind.endswith("Manager") or kind == "as_manager" or "from_queryset" in ast.unparse(value)):
        yield from _manager(history, found, name, attribute, value, model)
    elif kind.endswith("Field") or kind == "ForeignKey":
        reason = f"{name}.{attribute} isn't in the database yet at this point"
        yield Lack(frozenset({attribute, f"{attribute}_id", f"{attribute}="}), "", reason, is_late=True)
    else:
        yield Lack(frozenset({attribute}), "", f"{name}.{attribute} is an attribute of the live model")


def _manager(
    history: History, found: Class, name: str, attribute: str, value: ast.expr, model: Model
) -> Iterator[Lack]:
    """What a manager lacks: nothing if it is in the state (``use_in_migrations``), or plain and called ``objects``."""
    known = [item.items[0] for item in items_of(model.managers) if isinstance(item, Sequence) and item.items]
    if Literal(attribute) in known:
        return
    assert isinstance(value, ast.Call)
    is_plain = found.means(value.func) in _PLAIN_MANAGERS
    if attribute != "objects":
        yield Lack(frozenset({attribute}), "", f"{name}.{attribute} is a manager of the live model", is_manager=True)
    elif not is_plain:
        for shown, methods in _methods(history, found, value):
            yield Lack(methods, attribute, f"{name}.objects{shown}", is_manager=True)


def _methods(history: History, found: Class, value: ast.Call) -> Iterator[tuple[str, frozenset[str]]]:
    """What a manager's class defines: a text to be printed, and the methods whose use needs it."""
    for text in _class_names(value):
        own = find_by_name(history, text, found)
        if own is None:
            yield f" is a {text.rpartition('.')[2]}, which isn't in the project", frozenset({""})
            continue
        classes, _ = lineage(history, own)
        for statement in (statement for each in classes for statement in each.node.body):
            match statement:
                case ast.FunctionDef(name="get_queryset"):
                    yield (
                        " has a get_queryset() of its own, which the historical model's manager doesn't have",
                        frozenset({""}),
                    )
                case ast.FunctionDef(name=method) if not method.startswith("_"):
                    yield f".{method}() is a method of the live model", frozenset({method})


def _class_names(value: ast.Call) -> Iterator[str]:
    """The classes that a manager is built from: ``A()``, ``Q.as_manager()``, ``A.from_queryset(Q)()``."""
    func = value.func
    match func:
        case ast.Attribute(value=inner, attr="as_manager"):
            yield ast.unparse(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr="from_queryset"), args=args):
            yield from (
                text for each in (inner, *args) if (text := ast.unparse(each)) not in ("models.Manager", "Manager")
            )
        case _:
            yield ast.unparse(func)
