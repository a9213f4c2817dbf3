"""Opening and closing: what is found in a store, and what stays when a backend is closed."""

from __future__ import annotations

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover, open_backend
from queuetui.backends.registry import NATIVE
from queuetui.model.act import Verb
from queuetui.model.capabilities import Liveness
from tests.conformance.scenes import add, add_one, ids, run, select
from tests.conformance.stores import Store


def test_an_open_store_is_up_to_date(backend: NativeBackend) -> None:
    """A store that was made has a version, nothing left to apply, and applying changes nothing."""
    version = backend.schema.version()
    assert version is not None
    assert (backend.schema.pending(), backend.schema.migrate(), backend.schema.version()) == ((), (), version)


def test_a_store_is_found_by_its_contents(store: Store, backend: NativeBackend) -> None:
    """Our own queue is found first in its store, with the number of its jobs, and opens without being named."""
    add(backend, 3)
    run(backend)
    found = discover(store.url, BackendOptions())[0]
    assert (found.kind, found.jobs and found.jobs.value) == (NATIVE, 3)
    assert found.detail
    opened = open_backend(store.url, BackendOptions(name="again"))
    assert len(select(opened)) == 3  # type: ignore[arg-type] # the registry found our own queue
    opened.close()


def test_a_closed_backend_takes_nothing_with_it(store: Store) -> None:
    """Closing gives back connections, once or twice: jobs stay, others go on, and one that is used again opens new ones."""
    ours, theirs = store.open(), store.open()
    job_id = add_one(ours)
    ours.close()
    ours.close()
    assert ids(select(theirs)) == [job_id]
    run(theirs)
    assert ids(select(store.open(), "state:completed")) == [job_id]
    assert ids(select(ours, "state:completed")) == [job_id]
    again = add_one(ours)
    assert set(ids(select(ours))) == {job_id, again}


def test_a_native_queue_can_do_every_act(backend: NativeBackend) -> None:
    """Our own queue keeps leases, workers, a tally and attempts, and lacks no verb but the chores of mapped tables."""
    can = backend.inspector.capabilities
    assert (can.kind, can.native, can.liveness, can.workers, can.tally, can.attempts) == (
        NATIVE,
        True,
        Liveness.LEASE,
        True,
        True,
        True,
    )
    later = {Verb.RUN_NOW, Verb.MOVE, Verb.EDIT, Verb.REPRIORITISE, Verb.CLONE, Verb.RESTORE, Verb.UNDO}
    assert frozenset(Verb) - can.verbs == later | {Verb.UPKEEP}
    assert all("not built yet" in (can.why_not(verb) or "") for verb in later)
    assert not can.reasons
    assert can.durability
