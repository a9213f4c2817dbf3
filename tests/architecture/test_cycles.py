"""No two modules of the package import each other, not even for types."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import grimp


def test_there_is_no_circle_of_imports() -> None:
    """No module imports itself by way of others; imports for types count."""
    assert circles() == set()


@cache
def circles() -> frozenset[frozenset[str]]:
    """Every set of modules each of which reaches all the others."""
    graph = grimp.build_graph("queuetui", cache_dir=None)
    reached = {module: set(graph.find_upstream_modules(module)) for module in graph.modules}
    return frozenset(frozenset(one) for one in _mutual(reached))


def _mutual(reached: dict[str, set[str]]) -> Iterator[set[str]]:
    for module, others in reached.items():
        circle = {module} | {other for other in others if module in reached[other]}
        if len(circle) > 1:
            yield circle
