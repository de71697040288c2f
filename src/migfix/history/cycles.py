"""Cycles of migrations: files that can't be put in an order because each depends on another one."""

from __future__ import annotations

from collections.abc import Iterable

from migfix.history import History
from migfix.source.migration import Key, Migration


def rings(history: History, start: Iterable[Migration]) -> list[frozenset[Key]]:
    """The groups of migrations, among ``start`` and its ancestors, that form a cycle. Uses Tarjan's algorithm."""
    return strongly_connected(
        {key: history.parents_of(key) for key in reachable(history, [each.key for each in start])}
    )


def reachable(history: History, start: Iterable[Key]) -> list[Key]:
    """``start`` and everything that must run before it."""
    seen = dict.fromkeys(start)
    waiting = list(start)
    while waiting:
        for parent in history.parents_of(waiting.pop()):
            if parent not in seen:
                seen[parent] = None
                waiting.append(parent)
    return list(seen)


def way(start: Key, end: Key, history: History) -> list[Key]:
    """The shortest path along dependencies from ``start`` to ``end``, both included.

    If both are the same migration, the path leads around its cycle.
    """
    ways: dict[Key, list[Key]] = {}
    waiting = [[start]]
    while waiting:
        path = waiting.pop(0)
        for parent in history.parents_of(path[-1]):
            if parent == end:
                return [*path, end]
            if parent not in ways:
                ways[parent] = [*path, parent]
                waiting.append(ways[parent])
    return [start, end]


def strongly_connected(edges: dict[Key, tuple[Key, ...]]) -> list[frozenset[Key]]:
    """Groups of more than one node that can all reach each other. Iterative, because chains of migrations are long."""
    number: dict[Key, int] = {}
    low: dict[Key, int] = {}
    stack: list[Key] = []
    on_stack: set[Key] = set()
    found = []
    for start in edges:
        if start in number:
            continue
        number[start] = low[start] = len(number)
        stack.append(start)
        on_stack.add(start)
        work = [(start, iter(edges[start]))]
        while work:
            node, children = work[-1]
            child = next(
                (each for each in children if each in edges and (each not in number or each in on_stack)), None
            )
            if child is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    group: set[Key] = set()
                    while not group or node not in group:
                        group.add(stack.pop())
                    on_stack -= group
                    if len(group) > 1:
                        found.append(frozenset(group))
            elif child in number:
                low[node] = min(low[node], number[child])
            else:
                number[child] = low[child] = len(number)
                stack.append(child)
                on_stack.add(child)
                work.append((child, iter(edges[child])))
    return found
