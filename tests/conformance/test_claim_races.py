"""Claims by rules of two workers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from queuetui.backends.backend import NativeBackend
from queuetui.model.job import Ending
from tests.conformance.rule_scenes import limit
from tests.conformance.scenes import (
    LONG_LEASE_S,
    add,
    ending,
)
from tests.conformance.stores import Store


def test_two_workers_at_once_stay_within_a_limit(store: Store) -> None:
    """However claims of several workers meet, no more are held than the limit says."""
    first, second = store.open(), store.open()
    limit(first, concurrency=3)
    add(first, 40)
    most, done = _race([first, second])
    assert (most <= 3, done) == (True, 40)


def test_two_workers_at_once_stay_within_a_rate(store: Store) -> None:
    """However claims of several workers meet, no more begin than the rate says."""
    first, second = store.open(), store.open()
    limit(first, rate="7/1h")
    add(first, 30)
    taken: list[int] = []

    def work(backend: NativeBackend, name: str) -> None:
        lease = backend.jobs.open_lease(name, "default", LONG_LEASE_S)
        taken.extend(len(backend.jobs.step(lease.id, [], 2).claimed) for _ in range(10))

    _run_both(lambda: work(first, "w1"), lambda: work(second, "w2"))
    assert sum(taken) == 7


def _race(backends: list[NativeBackend]) -> tuple[int, int]:
    """Let each backend claim and end jobs until none is left; return the most held at once and how many ended."""
    lock, counts = threading.Lock(), {"held": 0, "most": 0, "done": 0}

    def work(backend: NativeBackend, name: str) -> None:
        lease = backend.jobs.open_lease(name, "default", LONG_LEASE_S)
        ends = threading.Event()
        for _ in range(2_000):
            claimed = backend.jobs.step(lease.id, [], 2).claimed
            with lock:
                counts["held"] += len(claimed)
                counts["most"] = max(counts["most"], counts["held"])
            ends.wait(0.003)
            # Counted as ended before it is: at most as many are counted as are held.
            with lock:
                counts["held"] -= len(claimed)
            accepted = backend.jobs.step(lease.id, [ending(job, Ending.COMPLETED) for job in claimed], 0).accepted
            with lock:
                counts["done"] += len(accepted)
                if counts["done"] >= 40:
                    return

    _run_both(*(partial(work, backend, f"w{n}") for n, backend in enumerate(backends)))
    return counts["most"], counts["done"]


def _run_both(*works: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below, where the test sees it
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures
    assert not any(thread.is_alive() for thread in threads)
