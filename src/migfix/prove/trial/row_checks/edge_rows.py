"""The last step of a trial: the migrations again, with rows at the edge of what the models allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from migfix.prove.trial.foreign import Foreign
from migfix.prove.trial.row_checks.edges import Edge, edges_after, edges_before
from migfix.prove.trial.steps import Steps, StepUnderWay

Run = Callable[[], None]


class EdgeRows:
    """Tries edges one by one. What happens is noted and isn't a failure, since nobody may have such rows."""

    def __init__(self, alias: str, is_transactional: bool, forward: Run, back: Run) -> None:
        self.alias = alias
        self.is_transactional = is_transactional
        """Whether a migration that fails leaves nothing behind, so that the next edge can be tried."""
        self.forward = forward
        self.back = back

    def run(self, steps: Steps, old: list[type[Model]], new: list[type[Model]]) -> None:
        """From the state after the migrations. No step is added if no edge is found."""
        later = {model._meta.label_lower: model for model in new}
        pairs = [(model, later[model._meta.label_lower]) for model in old if model._meta.label_lower in later]
        after, before = edges_after(pairs), edges_before(pairs)
        if not after and not before:
            return
        with steps.step("edge rows") as step:
            if all(self._holds(edge, self.back, self.forward, "going back", step) for edge in after):
                with Foreign() as caught:
                    self.back()
                if caught.error is None:
                    all(self._holds(edge, self.forward, self.back, "migrating", step) for edge in before)

    def _holds(self, edge: Edge, there: Run, back: Run, direction: str, step: StepUnderWay) -> bool:
        """Try one edge and restore the row. Returns whether the next edge can be tried."""
        changed = self._put(edge)
        if changed is None:
            return True
        key, values = changed
        is_there = False
        with Foreign() as caught:
            there()
            is_there = True
            back()
        if caught.error is not None:
            why = caught.message.partition(" DETAIL: ")[0]  # PostgreSQL adds the row's values
            step.note(f"{edge.place}; {'then ' if is_there else ''}{direction} fails: {why}")
            if is_there or not self.is_transactional:
                return False
        row = edge.model._base_manager.using(self.alias).filter(pk=key)
        is_text = caught.error is None and there is self.back and isinstance(edge.value, str)
        if is_text and row.values_list(edge.attname, flat=True).get() != edge.value:
            step.note(f"{edge.place}; {direction} changes it without an error")
        row.update(**values)
        return True

    def _put(self, edge: Edge) -> tuple[object, Mapping[str, Any]] | None:
        """Write the edge into the last row. Returns its key and what it had; None if that isn't possible."""
        rows = edge.model._base_manager.using(self.alias).order_by("pk")
        names = edge.copied or (edge.attname,)
        known = list(rows.values("pk", *names))
        if len(known) < 2:
            return None
        last = known[-1]
        wanted = {name: known[0][name] for name in edge.copied} or {edge.attname: edge.value}
        if any(value is None for name, value in wanted.items() if edge.copied):
            return None
        with Foreign() as caught:
            rows.filter(pk=last["pk"]).update(**wanted)
        return None if caught.error else (last["pk"], {name: last[name] for name in names})
