"""Ids of jobs, and how the end of one tells where it lies."""

from __future__ import annotations

import time
from multiprocessing import get_context
from threading import Event, Thread
from uuid import UUID

from queuetui.model import job_id
from queuetui.model.job_id import TAIL_DIGITS, new_job_id, new_job_ids, spans_ending_in, time_ms

DAY_MS = 86_400_000


def test_ids_are_uuids_of_version_7_that_grow() -> None:
    """Each id is greater than the one before it, spelt canonically and says when it was made."""
    began_ms = time.time() * 1000
    made = [new_job_id() for _ in range(2_000)]
    assert made == sorted(set(made))
    assert {(UUID(one).version, str(UUID(one)) == one) for one in made} == {(7, True)}
    assert began_ms - 1 <= time_ms(made[0]) <= time.time() * 1000 + 1_000


def test_ids_made_in_a_row_end_differently() -> None:
    """One process gives no two neighbours the same end, however fast it makes them."""
    made = [new_job_id()[-TAIL_DIGITS:] for _ in range(2_000)]
    assert len(set(made)) == len(made)


def test_many_ids_are_like_those_made_alone() -> None:
    """Ids made at once grow across milliseconds and calls, are canonical, and their ends name the spans they lie in."""
    made = [new_job_id(), *new_job_ids(300), new_job_id(), *new_job_ids(0), *new_job_ids(1), new_job_id()]
    assert len(made) == 304
    assert made == sorted(set(made))
    assert {(UUID(one).version, str(UUID(one)) == one) for one in made} == {(7, True)}
    last = made[300]
    assert any(low <= last <= high for low, high in spans_ending_in(last[-TAIL_DIGITS:], time_ms(last) + 1, 0))


def test_the_end_of_an_id_names_the_spans_it_can_lie_in() -> None:
    """Of a week, newest first, a few thousand narrow spans are left, and the id lies in one of them."""
    made = new_job_id()
    now_ms = time_ms(made)
    spans = list(spans_ending_in(made[-TAIL_DIGITS:], now_ms + 1_000, now_ms - 7 * DAY_MS))
    assert 2_000 < len(spans) < 3_000
    assert spans == sorted(spans, reverse=True)
    assert [made for low, high in spans if low <= made <= high] == [made]
    assert all(time_ms(high) - time_ms(low) <= 1 for low, high in spans)


def test_no_span_lies_outside_of_the_time_asked_for() -> None:
    """A span begins within the time; where there is none, nothing is yielded."""
    assert list(spans_ending_in("a3f09c", 5_000_000, 5_000_001)) == []
    spans = list(spans_ending_in("a3f09c", 5_000_000, 1_000_000))
    assert all(1_000_000 <= time_ms(low) <= 5_000_000 for low, _ in spans)
    assert 14 <= len(spans) <= 16


def test_a_process_forked_while_an_id_is_made_makes_ids_too() -> None:
    """A child does not inherit the lock of a thread that it does not have."""
    held, over = Event(), Event()

    def hold() -> None:
        with job_id._LOCK:
            held.set()
            over.wait(0.3)

    Thread(target=hold).start()
    assert held.wait(60)
    child = get_context("fork").Process(target=new_job_id)
    child.start()
    over.set()
    child.join(60)
    ended = child.exitcode
    child.kill()
    assert ended == 0
