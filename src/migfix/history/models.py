"""The historical models of all apps at one point. Copies are cheap: they share each app's models until one changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping

from migfix.history.model import Model
from migfix.source.migration import Key


class Models(MutableMapping[Key, Model]):
    """App label and lower-case model name -> model, stored app by app."""

    def __init__(self, apps: Mapping[str, dict[str, Model]] | None = None) -> None:
        self._apps: dict[str, dict[str, Model]] = dict(apps or {})
        self._own: set[str] = set()
        """The apps whose models no other copy shares, so that they can be changed in place."""

    def copy(self) -> Models:
        """A copy that later changes don't affect."""
        self._own.clear()
        return Models(self._apps)

    @property
    def apps(self) -> Mapping[str, dict[str, Model]]:
        """App label -> its models by lower-case name. They may be shared, so they must not be changed."""
        self._own.clear()
        return self._apps

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

    def _of(self, app: str) -> dict[str, Model]:
        """The models of an app, to be changed."""
        if app not in self._own:
            self._apps[app] = dict(self._apps.get(app, {}))
            self._own.add(app)
        return self._apps[app]
