"""Registrations: who says it works here, and since when it is silent."""

from __future__ import annotations

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Act, Verb
from queuetui.model.job import Ending
from queuetui.model.worker import WorkerInfo
from tests.conformance.scenes import add, card, claim, claim_and_vanish, ids, select, settle, snapshot, store_now
from tests.waiting import wait_until


def workers_of(backend: NativeBackend) -> dict[str, WorkerInfo]:
    """Return the registered workers by id."""
    return {worker.id.raw: worker for worker in snapshot(backend).workers}


def test_a_registration_is_read_back(backend: NativeBackend) -> None:
    """A worker is shown as it registered, with its first beat."""
    before = store_now(backend)
    backend.jobs.register(card("w1", "mail", "import", types=("Send*",), tags=("gpu",), slots=8))
    worker = workers_of(backend)["w1"]
    assert (worker.host.raw, worker.pid, worker.version.raw, worker.slots) == ("web-1", 4411, "0.1.0", 8)
    assert tuple(queue.raw for queue in worker.queues) == ("mail", "import")
    assert [text.raw for text in (*worker.types, *worker.tags)] == ["Send*", "gpu"]
    assert (worker.busy, worker.rss_bytes, worker.stopping) == (0, None, False)
    assert worker.started_at is not None
    assert before <= worker.started_at <= worker.beat_at <= store_now(backend)


def test_a_beat_is_told(backend: NativeBackend) -> None:
    """A beat renews the time and carries memory and whether the worker is stopping."""
    backend.jobs.register(card())
    first = workers_of(backend)["w1"]
    assert backend.jobs.beat("w1", 50_000_000_000, stopping=True)
    worker = workers_of(backend)["w1"]
    assert (worker.rss_bytes, worker.stopping, worker.started_at) == (50_000_000_000, True, first.started_at)
    assert worker.beat_at >= first.beat_at


def test_a_cleaned_worker_is_told_to_register_again(backend: NativeBackend) -> None:
    """A beat without a registration says so and makes none."""
    assert not backend.jobs.beat("w1", None, stopping=False)
    assert workers_of(backend) == {}


def test_a_retired_worker_is_gone(backend: NativeBackend) -> None:
    """A worker that stops deletes its own registration only; twice is once."""
    backend.jobs.register(card("w1"))
    backend.jobs.register(card("w2"))
    backend.jobs.retire("w1")
    backend.jobs.retire("w1")
    assert set(workers_of(backend)) == {"w2"}


def test_busy_counts_the_jobs_in_hand(backend: NativeBackend) -> None:
    """A worker's busy count is what it holds under its leases, over all queues."""
    for worker in ("w1", "w2"):
        backend.jobs.register(card(worker, "default", "mail"))
    add(backend, 3)
    add(backend, queue="mail")
    lease, claimed = claim(backend, 2, worker="w1")
    claim(backend, 1, queue="mail", worker="w1")
    claim(backend, 1, worker="w2")
    assert {name: worker.busy for name, worker in workers_of(backend).items()} == {"w1": 3, "w2": 1}
    settle(backend, lease, claimed[0], Ending.COMPLETED)
    assert workers_of(backend)["w1"].busy == 2


def test_only_silent_workers_are_cleaned(backend: NativeBackend) -> None:
    """Cleaning deletes the registrations silent for longer than asked and tells how many."""
    backend.jobs.register(card("old"))
    backend.jobs.register(card("new"))
    assert backend.operator.clean_workers(Act(Verb.CLEAN, "ana"), 3600) == 0

    def only_old_is_silent() -> bool:
        # A round that is held up finds both silent, and begins anew.
        backend.jobs.register(card("old"))
        silent_since = workers_of(backend)["old"].beat_at
        wait_until(lambda: (store_now(backend) - silent_since).total_seconds() > 0.2, interval_s=0.005)
        backend.jobs.register(card("new"))
        cleaned = backend.operator.clean_workers(Act(Verb.CLEAN, "ana"), 0.2)
        return cleaned == 1 and set(workers_of(backend)) == {"new"}

    wait_until(only_old_is_silent)


def test_a_cleaning_asked_twice_acts_once(backend: NativeBackend) -> None:
    """The same cleaning sent again answers as it did and spares who has come since."""
    backend.jobs.register(card("w1"))
    act = Act(Verb.CLEAN, "ana")
    before = store_now(backend)
    wait_until(lambda: store_now(backend) > before)
    assert backend.operator.clean_workers(act, 0) == 1
    backend.jobs.register(card("w2"))
    now = store_now(backend)
    wait_until(lambda: store_now(backend) > now)
    assert backend.operator.clean_workers(act, 0) == 1
    assert set(workers_of(backend)) == {"w2"}


@pytest.mark.parametrize("changes", [{"pid": 1}, {"host": "web-2"}])
def test_a_worker_that_registers_again_replaces_itself(backend: NativeBackend, changes: dict[str, object]) -> None:
    """One id is one registration, the latest."""
    backend.jobs.register(card("w1"))
    backend.jobs.register(card("w1", **changes))
    (worker,) = workers_of(backend).values()
    assert {"pid": worker.pid, "host": worker.host.raw}.items() >= changes.items()


def test_a_worker_is_found_by_host_process_or_id(backend: NativeBackend) -> None:
    """A filter names the worker of a job by its host, its host and process id, or its id; quotes make a name literal."""
    for worker_id, pid in (("w1", 4411), ("w2", 4412)):
        backend.jobs.register(card(worker_id, pid=pid))
        add(backend)
        claim(backend, worker=worker_id)
    held = {job.worker.raw: job.ref.id for job in select(backend, "state:processing") if job.worker is not None}
    both = sorted(held.values())
    for text in (
        "worker:web-1",
        "worker:web-*",
        "worker~WEB",
        "worker:web-1/4411,w2",
        "worker:nobody,web-1",
        "-worker:no",
    ):
        assert sorted(ids(select(backend, text))) == both, text
    for text in ("worker:web-1/4411", "worker:w1", "worker~/4411", "worker:web-1 -worker:web-1/4412"):
        assert ids(select(backend, text)) == [held["w1"]], text
    for text in ('worker:"web-*"', "worker:web", "worker:web-1/441", "-worker:web-1"):
        assert ids(select(backend, text)) == [], text


def test_a_worker_whose_lease_is_over_is_told(backend: NativeBackend) -> None:
    """Jobs that a registered worker holds under a lease that is over are counted with it, and others are not."""
    backend.jobs.register(card("vanished"))
    backend.jobs.register(card("w1"))
    add(backend, 3)
    claim_and_vanish(backend, 2)
    claim(backend, worker="w1")
    found = workers_of(backend)
    assert (found["vanished"].busy, found["vanished"].orphaned) == (2, 2)
    assert (found["w1"].busy, found["w1"].orphaned) == (1, 0)
