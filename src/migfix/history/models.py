"""The historical models of all apps at one point. Copies are cheap: they share each app's models until one changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping

from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.project.facts import Facts
from migfix.source.migration import Key

Relations = dict[Key, list[tuple[Model, Field]]]
"""Model -> the fields that point at it, each with its model."""


class AppModels(dict[str, Model]):
    """The models of one app by lower-case name. What their relations point at is read once."""

    relations: tuple[Facts, Relations] | None = None

    def related_to(self, key: Key, facts: Facts) -> Iterable[tuple[Model, Field]]:
        """The fields whose target or through model is ``key``, in order."""
        if self.relations is None or self.relations[0] is not facts:
            self.relations = facts, self._relations(facts)
        return self.relations[1].get(key, ())

    def _relations(self, facts: Facts) -> Relations:
        found: Relations = {}
        for model in self.values():
            for each in model.fields.values():
                for key in dict.fromkeys(each.related(*model.key, facts)):
                    found.setdefault(key, []).append((model, each))
        return found


class Models(MutableMapping[Key, Model]):
    """App label and lower-case model name -> model, stored app by app."""

    def __init__(self, apps: Mapping[str, AppModels] | None = None) -> None:
        self._apps: dict[str, AppModels] = dict(apps or {})
        self._own: set[str] = set()
        """The apps whose models no other copy shares, so that they can be changed in place."""

    def copy(self) -> Models:
        """A copy that later changes don't affect."""
        self._own.clear()
        return Models(self._apps)

    @property
    def apps(self) -> Mapping[str, AppModels]:
        """App label -> its models. They may be shared, so they must not be changed."""
        self._own.clear()
        return self._apps

    def related_to(self, key: Key, facts: Facts) -> Iterator[tuple[Model, Field]]:
        """The fields whose target or through model is ``key``, each with its model."""
        for models in self._apps.values():
            yield from models.related_to(key, facts)

    def __getitem__(self, key: Key) -> Model:
        return self._apps[key[0]][key[1]]

    def __setitem__(self, key: Key, model: Model) -> None:
        self._of(key[0])[key[1]] = model

    def __delitem__(self, key: Key) -> None:
        if key not in self:
            raise KeyError(key)
        del self._of(key[0])[key[1]]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, tuple) and key[1] in self._apps.get(key[0], ())

    def __iter__(self) -> Iterator[Key]:
        return ((app, name) for app, models in self._apps.items() for name in models)

    def __len__(self) -> int:
        return sum(map(len, self._apps.values()))

    def _of(self, app: str) -> AppModels:
        """The models of an app, to be changed."""
        if app not in self._own:
            self._apps[app] = AppModels(self._apps.get(app, {}))
            self._own.add(app)
        self._apps[app].relations = None
        return self._apps[app]
