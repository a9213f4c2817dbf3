"""Ids that clients make."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

from queuetui.model.job_id import new_job_id


def test_an_id_is_a_uuid_of_version_7() -> None:
    """An id is the usual text of a UUID, version 7 of RFC 9562, and begins with the time."""
    before_ms = time.time_ns() // 1_000_000
    job_id = new_job_id()
    parsed = UUID(job_id)
    assert str(parsed) == job_id
    assert (parsed.version, parsed.variant) == (7, RFC_4122)
    assert before_ms <= int(parsed.hex[:12], 16) <= before_ms + 10_000


def test_ids_grow_within_a_process() -> None:
    """Ids made one after the other are in order, however fast."""
    ids = [new_job_id() for _ in range(20_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_threads_make_different_ids() -> None:
    """Two threads never make the same id, and each sees its own grow."""
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: [new_job_id() for _ in range(5000)], range(4)))
    assert all(ids == sorted(ids) for ids in made)
    assert len({job_id for ids in made for job_id in ids}) == 20_000
