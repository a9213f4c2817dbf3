"""No two modules of the package import each other, not even for types."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import grimp

# Circles that are still there. A circle that is opened leaves this list; none is added.
CLOSED = frozenset(
    frozenset(f"queuetui.{name}" for name in circle)
    for circle in (
        ("backends.native.memory.event_log", "backends.native.memory.noting", "backends.native.memory.store"),
        ("engine.lease", "engine.run"),
    )
)


def test_no_circle_of_imports_is_added() -> None:
    """What imports itself by way of others is listed here; imports for types count."""
    assert circles() == CLOSED


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
