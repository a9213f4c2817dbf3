"""Pages by keyset: complete, in order, and steady while jobs come and go."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import iterate
from queuetui.model.act import Verb
from queuetui.model.errors import NotFound
from queuetui.model.job import PAYLOAD_HEAD_CHARS, Ending, Job
from queuetui.model.measured import Exactness
from queuetui.model.page import Page, PageRequest
from queuetui.model.query import SORTS, Sort
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from tests.conformance.scenes import (
    LIMITS,
    act_done,
    add,
    add_one,
    claim_one,
    ids,
    next_id,
    run,
    select,
    settle,
)

STATE_PLACES = {state: place for place, state in enumerate(State)}


def read_page(backend: NativeBackend, text: str = "", **changes: Any) -> Page:
    """Return one page."""
    return backend.inspector.page(replace(PageRequest(parse_query(text)), **changes), LIMITS)


def test_many_jobs_are_read_at_once_as_a_page_lists_them(population: NativeBackend) -> None:
    """Those that are there come in the order asked for, each once, as a page has them; what is gone or is no id is left out."""
    listed = {job.ref.id: job for job in select(population)}
    asked = sorted(listed, reverse=True)
    found = population.inspector.get_many([next_id(), *asked, asked[0], "nonsense", "\x00"])
    assert [job.ref.id for job in found] == asked
    differing = {name for job in found for name in _differing(job, listed[job.ref.id])}
    assert differing == set()
    assert population.inspector.get_many([]) == ()


def _differing(one: Job, other: Job) -> set[str]:
    return {part.name for part in fields(Job) if getattr(one, part.name) != getattr(other, part.name)}


@pytest.mark.parametrize("size", [5, 100])
def test_pages_are_complete_in_every_order(population: NativeBackend, size: int) -> None:
    """Reading page by page gives every job once, in the order asked for, whatever the size of the pages."""
    everything = sorted(ids(select(population)))
    for written in ("", *SORTS, *(f"-{name}" for name in SORTS)):
        jobs = select(population, f"sort:{written}" if written else "", size=size)
        assert sorted(ids(jobs)) == everything, written
        if written:
            assert is_sorted(jobs, Sort(written.lstrip("-"), written.startswith("-"))), written


def is_sorted(jobs: list[Job], sort: Sort) -> bool:
    """Tell whether jobs stand in the order, those without a value all at one end."""
    values = [sorted_value(job, sort.field) for job in jobs]
    present = [value for value in values if value is not None]
    gaps = sum((one is None) != (other is None) for one, other in pairwise(values))
    return present == sorted(present, reverse=sort.descending) and gaps <= 1


def sorted_value(job: Job, field: str) -> Any:
    """Return what a job is sorted by."""
    match field:
        case "state":
            return STATE_PLACES[job.state]
        case "type" | "queue":
            return getattr(job, field).raw
        case "priority" | "attempts":
            return getattr(job, field)
        case _:
            return getattr(job, f"{field}_at")


@pytest.mark.parametrize(
    "written", ["", "state:pending", "state:processing", "state:failed", "state:completed", "state:scheduled,retrying"]
)
def test_a_page_that_nobody_sorted_says_its_order(population: NativeBackend, written: str) -> None:
    """The order that a page names is the one that its jobs stand in, and a page that was sorted names none."""
    page = read_page(population, written)
    first = page.order[0]
    assert page.jobs
    assert is_sorted(list(page.jobs), first)
    for value in {sorted_value(job, first.field) for job in page.jobs}:
        equals = [job for job in page.jobs if sorted_value(job, first.field) == value]
        assert all(is_sorted(equals, then) for then in page.order[1:])
    assert read_page(population, f"{written} sort:type").order == ()


@pytest.mark.parametrize(
    "written", ["", "sort:priority", "sort:-attempts", "sort:completed", "sort:-queue", "state:failed"]
)
def test_pages_are_read_backward(population: NativeBackend, written: str) -> None:
    """Going back from the end of a list gives the same jobs in the same order, up to the top."""
    jobs = ids(select(population, written))
    last = read_page(population, written, limit=len(jobs)).last
    back = list[str]()
    page = read_page(population, written, limit=3, cursor=last, backward=True)
    back[:0] = ids(list(page.jobs))
    while page.has_more:
        page = read_page(population, written, limit=3, cursor=page.first, backward=True)
        back[:0] = ids(list(page.jobs))
    assert back == jobs[:-1]


def test_a_page_tells_whether_it_goes_on(backend: NativeBackend) -> None:
    """`has_more` is true exactly when the direction asked for has another job."""
    add(backend, 4)
    first = read_page(backend, limit=2)
    second = read_page(backend, limit=2, cursor=first.last)
    back = read_page(backend, limit=2, cursor=second.first, backward=True)
    assert [first.has_more, second.has_more, back.has_more] == [True, False, False]
    assert back.jobs == first.jobs
    assert read_page(backend, limit=4).has_more is False


def test_an_empty_page_has_no_ends(backend: NativeBackend) -> None:
    """Where nothing matches there are no jobs, no cursors and no more."""
    page = read_page(backend, "queue:nobody")
    assert (page.jobs, page.first, page.last, page.has_more, page.total.value) == ((), None, None, False, 0)


def test_the_total_counts_all_that_match(backend: NativeBackend) -> None:
    """A page tells how many match in all, not how many it shows."""
    add(backend, 7, queue="mail")
    add(backend, 2)
    page = read_page(backend, "queue:mail", limit=3)
    assert (page.total.value, page.total.exactness, len(page.jobs)) == (7, Exactness.EXACT, 3)


def test_pages_are_steady_while_jobs_come_and_go(backend: NativeBackend) -> None:
    """Jobs that stay are seen once each, though others are enqueued, deleted and finished between the pages."""
    stay = add(backend, 12)
    seen, cursor = list[str](), None
    for _ in range(200):
        page = read_page(backend, "sort:created", limit=3, cursor=cursor)
        seen += ids(list(page.jobs))
        if not page.has_more:
            break
        cursor = page.last
        victim = add_one(backend, queue="other")
        act_done(backend, Verb.DELETE, victim)
        if len(seen) < 6:
            add_one(backend, queue="other")
            lease, claimed = claim_one(backend, queue="other")
            settle(backend, lease, claimed, Ending.COMPLETED)
    assert [job_id for job_id in seen if job_id in stay] == stay
    assert len(seen) == len(set(seen))


def test_the_job_at_the_cursor_may_go(backend: NativeBackend) -> None:
    """When the last job of a page is deleted the next page goes on where it stood."""
    sent = add(backend, 6)
    page = read_page(backend, "sort:created", limit=3)
    act_done(backend, Verb.DELETE, sent[2])
    assert ids(list(read_page(backend, "sort:created", limit=3, cursor=page.last).jobs)) == sent[3:]


def test_equal_values_are_ordered_by_id(backend: NativeBackend) -> None:
    """Jobs that tie keep one order over page borders."""
    sent = add(backend, 9, priority=4)
    forward = ids(select(backend, "sort:priority", size=2))
    assert sorted(forward) == sorted(sent)
    assert forward == ids(select(backend, "sort:priority", size=5))


def test_a_page_shows_the_head_of_a_long_payload(backend: NativeBackend) -> None:
    """Rows carry no more than the head of the payload and say so; a job read alone is whole."""
    long = add_one(backend, payload=b'"' + b"y" * 50_000 + b'"')
    add_one(backend, payload=b'"short"')
    jobs = {job.ref.id: job for job in select(backend)}
    assert len(jobs[long].payload) <= PAYLOAD_HEAD_CHARS
    assert not jobs[long].payload_whole
    assert backend.inspector.get(long).payload_whole
    assert len(backend.inspector.get(long).payload) == 50_002
    assert all(job.payload_whole for job in jobs.values() if job.ref.id != long)


def test_a_page_and_a_single_read_agree(population: NativeBackend) -> None:
    """A job on a page is the job that `get` gives, version and all."""
    for job in select(population):
        whole = population.inspector.get(job.ref.id)
        shown = job if job.payload_whole else replace(job, payload=whole.payload, payload_whole=True)
        assert replace(shown, data=whole.data) == whole


def test_the_data_summary_is_read_from_the_payload(backend: NativeBackend) -> None:
    """The short text of a job comes from its payload, on pages and alone."""
    job_id = add_one(backend, payload=b'{"product": {"sku": "A-1042"}, "to": "x@example.org"}')
    shown = [job.data.raw for job in (*select(backend), backend.inspector.get(job_id)) if job.data is not None]
    assert len(shown) == 2
    assert shown[0] == shown[1]
    assert "A-1042" in shown[0]


def test_every_job_is_iterated(backend: NativeBackend) -> None:
    """Iteration goes over all pages."""
    sent = add(backend, 7)
    assert sorted(job.ref.id for job in iterate(backend.inspector, parse_query(""), LIMITS, page_size=3)) == sorted(
        sent
    )


def test_a_job_that_is_not_there(backend: NativeBackend) -> None:
    """Reading a job by an id that is not there, or that is none, says that nothing was found."""
    for job_id in (next_id(), "no such id", "", "' or 1=1 --"):
        with pytest.raises(NotFound):
            backend.inspector.get(job_id)
        assert backend.inspector.attempts(job_id) == ()


def test_a_job_is_found_by_the_end_of_its_id(backend: NativeBackend) -> None:
    """People type the end of an id: live and ended jobs are found, ambiguity shows as more than one."""
    first, second = add(backend, 2)
    run(backend)
    assert [ref.id for ref in backend.inspector.find(first).refs] == [first]
    assert [ref.id for ref in backend.inspector.find(first[-8:]).refs] == [first]
    assert backend.inspector.find(second[-8:]).refs == (backend.inspector.get(second).ref,)
    for number in (1, 2):
        add_one(backend, id=f"{next_id()[:19]}8{number}00-00000aaaaaaa")
    assert len(backend.inspector.find("aaaaaa").refs) == 2
    assert len(backend.inspector.find("aaaaaa", 1).refs) == 1
    assert backend.inspector.find("ffffffffffff").refs == ()


@pytest.mark.parametrize("suffix", ["%", "_", "zz", "'", "******"])
def test_an_end_of_an_id_is_no_pattern(backend: NativeBackend, suffix: str) -> None:
    """Wildcards and quotes in a typed id find nothing."""
    add(backend, 2)
    assert backend.inspector.find(suffix).refs == ()
