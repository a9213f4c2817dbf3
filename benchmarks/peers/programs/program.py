"""What every measured program shares: the no-op job, the commands it answers, the clock.

A program is run as `python run_program.py NAME COMMAND COUNT` in its peer's own environment, so this file imports nothing that is not
Python's own. BENCH_URL names the store and BENCH_STAMPS the file that every job appends eight bytes to.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

URL = os.environ["BENCH_URL"]
STAMPS = os.open(os.environ["BENCH_STAMPS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
STAMP_BYTES = 8
WARM_UP_JOBS = 20
POLL_S = 0.0002
PICK_UP_LIMIT_S = 30.0


def stamp() -> None:
    """Do the job: one write of the monotonic time."""
    os.write(STAMPS, time.monotonic_ns().to_bytes(STAMP_BYTES, "little"))


@dataclass(frozen=True)
class Enqueuing:
    """How a peer takes jobs: each call enqueues `count` of them, one by one or with what it has for many."""

    one_by_one: Callable[[int], object]
    in_bulk: Callable[[int], object] | None = None
    prepare: Callable[[], object] | None = None


def answer(enqueuing: Enqueuing) -> None:
    """Do what the command line asks for and print a line of JSON."""
    command, count = sys.argv[1], int(sys.argv[2])
    in_bulk = enqueuing.in_bulk or enqueuing.one_by_one
    found: object = None
    if command == "prepare" and enqueuing.prepare is not None:
        enqueuing.prepare()
    elif command == "fill":
        in_bulk(count)
    elif command == "enqueue-one":
        found = _jobs_per_s(enqueuing.one_by_one, count)
    elif command == "enqueue-bulk":
        found = _jobs_per_s(in_bulk, count)
    elif command == "pick-up":
        found = [_pick_up_ms(enqueuing.one_by_one) for _ in range(count)]
    print(json.dumps(found))


def _jobs_per_s(enqueue: Callable[[int], object], count: int) -> float:
    enqueue(WARM_UP_JOBS)
    started_s = time.perf_counter()
    enqueue(count)
    return count / (time.perf_counter() - started_s)


def _pick_up_ms(enqueue: Callable[[int], object]) -> float:
    """Return the time from just before an enqueue to the stamp, of a worker that was idle for 10 to 50 ms."""
    time.sleep(random.uniform(0.01, 0.05))
    path = os.environ["BENCH_STAMPS"]
    size_before = os.path.getsize(path)  # noqa: PTH202 - a Path object would cost more than the call
    started_ns = time.monotonic_ns()
    enqueue(1)
    while os.path.getsize(path) == size_before:  # noqa: PTH202 - as above
        time.sleep(POLL_S)
        if time.monotonic_ns() - started_ns > PICK_UP_LIMIT_S * 1e9:
            sys.exit(f"no job was picked up within {PICK_UP_LIMIT_S:.0f} s")
    with open(path, "rb") as stamps:  # noqa: PTH123 - as above
        stamps.seek(size_before)
        return (int.from_bytes(stamps.read(STAMP_BYTES), "little") - started_ns) / 1e6
