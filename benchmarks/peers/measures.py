"""What is measured of one contender in one run, on a store made anew."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import psutil

from benchmarks.peers.contenders import Contender
from benchmarks.peers.environments import NotRun
from benchmarks.peers.stores import Stores
from benchmarks.peers.worker_process import Site, site

LOOK_EVERY_S = 0.02
START_LIMIT_S = 30.0
DRAIN_LIMIT_S = 12.0
FEWEST_JOBS = 100
ENQUEUED_ONE_BY_ONE = 2000
PICK_UPS = 100
# The worker may still be warming up when the first of them are enqueued.
LEFT_OUT_PICK_UPS = 5
SETTLE_S = 2.0
IDLE_S = 8.0
OTHERS_SAMPLE_S = 0.15
BYTES_PER_MB = 1024 * 1024


class Measure(StrEnum):
    """One way to measure, and its unit."""

    DRAIN = "drain"
    ENQUEUE_ONE = "enqueue-one"
    ENQUEUE_BULK = "enqueue-bulk"
    PICK_UP = "pick-up"
    IDLE = "idle"


@dataclass(frozen=True)
class Figures:
    """What one run found, by name; `others` is how much of a core the rest of the machine used just before it."""

    values: dict[str, float]
    others: float


def measure(how: Measure, contender: Contender, stores: Stores, scale: float) -> Figures:
    """Run once. Raises NotRun saying why it cannot be done here."""
    contender.check()
    with stores.fresh(contender.store) as url, site(contender, url) as place:
        others = psutil.cpu_percent(OTHERS_SAMPLE_S) / 100 * (psutil.cpu_count() or 1)
        return Figures(_HOW[how](place, scale), others)


def _drain(place: Site, scale: float) -> dict[str, float]:
    jobs = round(place.contender.drain_jobs * scale)
    place.command("fill", jobs)
    with place.worker() as worker:
        _wait(worker, START_LIMIT_S, lambda: place.count() > 0)
        _wait(worker, DRAIN_LIMIT_S, lambda: place.count() >= jobs)
    stamps_ns = place.stamps_ns()
    if len(stamps_ns) < FEWEST_JOBS:
        raise NotRun(f"{place.contender.name} ran only {len(stamps_ns)} jobs in {DRAIN_LIMIT_S:.0f} s")
    return {"jobs_per_s": (len(stamps_ns) - 1) / (max(stamps_ns) - min(stamps_ns)) * 1e9}


def _enqueue_one(place: Site, scale: float) -> dict[str, float]:
    return {"jobs_per_s": cast("float", place.command("enqueue-one", round(ENQUEUED_ONE_BY_ONE * scale)))}


def _enqueue_bulk(place: Site, scale: float) -> dict[str, float]:
    return {"jobs_per_s": cast("float", place.command("enqueue-bulk", round(place.contender.bulk_jobs * scale)))}


def _pick_up(place: Site, scale: float) -> dict[str, float]:
    with place.worker() as worker:
        found_ms = cast("list[float]", place.command("pick-up", round(PICK_UPS * scale) + LEFT_OUT_PICK_UPS))
        _wait(worker, START_LIMIT_S, lambda: place.count() >= len(found_ms))
    kept_ms = sorted(found_ms[LEFT_OUT_PICK_UPS:])
    return {"median_ms": statistics.median(kept_ms), "p99_ms": kept_ms[int(len(kept_ms) * 0.99)]}


def _idle(place: Site, scale: float) -> dict[str, float]:
    """Look at a worker that has run one job and waits for the next."""
    with place.worker() as worker:
        place.command("fill", 1)
        _wait(worker, START_LIMIT_S, lambda: place.count() > 0)
        time.sleep(SETTLE_S)
        family = [worker, *worker.children(recursive=True)]
        before_s, started_s = _cpu_s(family), time.monotonic()
        time.sleep(IDLE_S * scale)
        spent = (_cpu_s(family) - before_s) / (time.monotonic() - started_s)
        rss_mb = sum(member.memory_info().rss for member in family) / BYTES_PER_MB
    return {"rss_mb": rss_mb, "cpu_percent": spent * 100}


def _cpu_s(family: list[psutil.Process]) -> float:
    times = [member.cpu_times() for member in family]
    return sum(one.user + one.system for one in times)


def _wait(worker: psutil.Process, limit_s: float, is_over: Callable[[], bool]) -> None:
    """Wait until something is over, the worker has ended, or the time is up."""
    deadline_s = time.monotonic() + limit_s
    while not is_over() and time.monotonic() < deadline_s:
        if worker.status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(LOOK_EVERY_S)


_HOW = {
    Measure.DRAIN: _drain,
    Measure.ENQUEUE_ONE: _enqueue_one,
    Measure.ENQUEUE_BULK: _enqueue_bulk,
    Measure.PICK_UP: _pick_up,
    Measure.IDLE: _idle,
}
