"""What every store tells of its condition."""

from __future__ import annotations

from queuetui.backends.backend import NativeBackend
from queuetui.model.examination import Examination
from queuetui.model.limits import Limits
from queuetui.model.snapshot import Watch
from tests.conformance.scenes import add

LONG_OVER_S = -3600.0


def examine(backend: NativeBackend) -> Examination:
    """Return what a store tells."""
    return backend.examiner.examine(60.0)


def test_a_store_tells_its_condition(backend: NativeBackend) -> None:
    """Its product, version and schema are told, and the grade is the one that its capabilities show."""
    told = examine(backend)
    assert told.product
    assert told.version
    assert told.supported
    assert told.unread == {}
    assert told.durability is not None
    assert told.durability.grade == backend.inspector.capabilities.durability
    assert told.durability.settings
    if told.schema is not None:
        assert told.schema.version == told.schema.ours
        assert told.schema.protocol == told.schema.our_protocol


def test_leases_that_nobody_swept_are_told(backend: NativeBackend) -> None:
    """A lease that was over long ago is counted with its end, a live one is not."""
    late = examine(backend).late_leases
    assert (late is not None and late.count, late and late.oldest) == (0, None)
    add(backend)
    backend.jobs.open_lease("worker-1", "mail", 60.0)
    over = backend.jobs.open_lease("worker-2", "mail", LONG_OVER_S)
    late = examine(backend).late_leases
    assert late is not None
    assert (late.count, late.oldest) == (1, over.until)


def test_looking_a_store_over_changes_nothing(backend: NativeBackend) -> None:
    """Jobs and leases are what they were."""
    add(backend, 2)
    backend.jobs.open_lease("worker-2", "mail", LONG_OVER_S)
    limits = Watch(limits=Limits())
    before = backend.inspector.snapshot(limits)
    examine(backend)
    after = backend.inspector.snapshot(limits)
    assert (after.counts.keys(), after.total.value) == (before.counts.keys(), before.total.value)
    assert examine(backend).late_leases == examine(backend).late_leases
