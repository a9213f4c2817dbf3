"""Reading a capture: what is shown is what its truth says."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover
from queuetui.backends.search import Search
from queuetui.model.act import Verb
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.document import describe_worker
from queuetui.model.errors import NotFound, Unsupported
from queuetui.model.filter_text import quote_value
from queuetui.model.job import RECORD_ONLY, Job
from queuetui.model.limits import Limits, is_live
from queuetui.model.measured import Exactness
from queuetui.model.page import Handling, PageRequest
from queuetui.model.query import SORTS
from queuetui.model.query_match import matches
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import State
from queuetui.model.verdict import Code, Severity
from queuetui.monitor.diagnosis.explain import explain
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.feed import Feed
from queuetui.operate.manifest import make_manifest
from tests.backends.captures import STATE_OF_WORD, Capture
from tests.captures.conftest import Folder

DEFAULT_LIMITS = Limits()
_ACT = re.compile(r"queuetui (retry|release|cancel) --id .*?(?: --retry-until (\w+))? --operate")
_LIST = re.compile(r"queuetui jobs (.+)")
FILTERS = (
    *(f"state:{state}" for state in State),
    *(
        "is:live",
        "-is:final",
        "is:waiting,final",
        "is:cancelling",
        "-state:failed,completed",
        "queue:email",
        "-queue:email",
    ),
    *(
        "queue:e*",
        "queue:EMAIL",
        "type:*port?",
        "queue~MAIL",
        "id:nonsense",
        "attempts>=1",
        "attempts:0",
        "-attempts:1",
    ),
    *("priority:10", "priority>0", "max_attempts<3", "age>1s", "age<1s", "-age>1h", "running>0s", "waiting>1s"),
    *("created<2030-01-01", "scheduled>2026-11-22T04:08:00Z", "-completed>2000-01-01", "started<=2030-01-01"),
    *("error~Range", "payload~fail", "payload.fail:1", "email", "key:user-1", "name:x", "tag:x", "updated<2030-01-01"),
)


@pytest.fixture(scope="module")
def backend(loaded: Capture) -> Backend:
    """The capture a second after it was made."""
    return loaded.look(1)


@pytest.fixture(scope="module")
def whole(backend: Backend) -> list[Job]:
    """Every job of the capture, read whole."""
    return [backend.inspector.get(job.ref.id) for job in _list(backend)]


def _list(backend: Backend, text: str = "", limits: Limits = DEFAULT_LIMITS) -> list[Job]:
    return list(Search(backend.inspector, parse_query(text), limits, whole=True).jobs(10_000))


def test_each_job_is_what_its_truth_says(backend: Backend, loaded: Capture, folder: Folder) -> None:
    """Every stored job is listed once, in its state and queue, with its attempts and the class of its error.

    What the system itself does not store in every case is true, or the job says in a remark that it is not known.
    """
    jobs = {job.ref.id: _said_of(backend, job) for job in _list(backend)}
    queues = {job.queue.raw for job in jobs.values()}
    assert len(queues) == 1 or not folder.expectation.one_queue
    unsure = folder.expectation.unsure
    adrift = {
        job_id
        for job_id, job in jobs.items()
        if not job.queue.raw and any(unsure.get("queue", "?") in remark for remark in job.remarks)
    }
    assert {job_id: (job.state, job.queue.raw) for job_id, job in jobs.items()} == {
        job_id: (
            STATE_OF_WORD[true["state"]],
            *(queues if folder.expectation.one_queue else [true["queue"] if job_id not in adrift else ""]),
        )
        for job_id, true in loaded.stored.items()
    }
    for job_id, true in loaded.stored.items():
        job = jobs[job_id]
        found = {"attempts": job.attempts, "error": (job.error and job.error.class_name.raw) or None}
        # A truth that names none tells of no run, or of a store that counts none.
        attempts: Any = true.get("attempts", None if job.attempts is None else 0)
        for name, value in (("attempts", attempts), ("error", true.get("error_class") or None)):
            if found[name] != value:
                assert name in unsure, (job_id, name, found[name], value)
                assert any(unsure[name] in remark for remark in job.remarks), (job_id, name, found[name], value)
        if job.attempts != attempts and "attempts" not in folder.expectation.guessed:
            assert (job.attempts or 0) < attempts


def _said_of(backend: Backend, job: Job) -> Job:
    """Return a job as it is listed, or as it is opened where it says that a list leaves out what is too long."""
    is_long = any("is read where the job is opened" in remark for remark in job.remarks)
    return backend.inspector.get(job.ref.id) if is_long else job


def test_a_view_is_what_the_single_reads_give(backend: Backend, whole: list[Job]) -> None:
    """A job with all that explains it is the job, its attempts and the workers as each is read by itself."""
    inspector = backend.inspector
    around = inspector.snapshot(Watch(parts=frozenset({Part.WORKERS})))
    for job in whole:
        view = inspector.view(job.ref.id, 0)
        assert view.job == inspector.get(job.ref.id)
        assert view.attempts == inspector.attempts(job.ref.id)
        assert (view.now, view.workers) == (around.now, around.workers)


def test_types_and_arguments_are_read(whole: list[Job], loaded: Capture) -> None:
    """A job's type is the function or class that the truth names, and its payload is JSON or is said to be none."""
    for job in whole:
        true = loaded.stored[job.ref.id]
        named = next((true[name] for name in ("func", "class", "job") if name in true), job.type.raw)
        # Where something has no name, such as a closure, its place is said behind.
        assert job.type.raw.partition(" (")[0] == named
        if job.payload.raw and not any("not JSON" in remark for remark in job.remarks):
            json.loads(job.payload.raw)


def test_it_is_discovered(loaded: Capture) -> None:
    """Among what its database holds is the system, with its jobs counted."""
    (found,) = (one for one in discover(loaded.url, BackendOptions()) if one.kind == loaded.kind)
    assert found.jobs is not None
    assert found.jobs.value == len(loaded.stored)


def test_counts_are_those_of_the_truth(backend: Backend, loaded: Capture, folder: Folder) -> None:
    """All states and queues are counted, what is not kept is absent, and queues add up to the whole."""
    snapshot = backend.inspector.snapshot(Watch(failures=len(loaded.stored)))
    expected = Counter(STATE_OF_WORD[true["state"]] for true in loaded.stored.values())
    kept = backend.inspector.capabilities.keeps
    assert {state: snapshot.counts[state].value for state in kept} == {state: expected[state] for state in kept}
    assert all(snapshot.counts[state].exactness is Exactness.ABSENT for state in set(State) - kept)
    assert (snapshot.total.value, snapshot.problems) == (len(loaded.stored), {})
    by_queue = {queue.name.raw: sum(count.value or 0 for count in queue.counts.values()) for queue in snapshot.queues}
    named = Counter(job.queue.raw for job in _list(backend))
    if "queue" in folder.expectation.unsure:
        # A job whose queue is not stored is in none that is counted.
        del named[""]
    # A queue may hold nothing.
    assert Counter(by_queue) == (
        Counter(dict.fromkeys(by_queue, len(loaded.stored))) if folder.expectation.one_queue else named
    )
    assert {job.ref.id for job in snapshot.failures} == {job.ref.id for job in _list(backend, "state:failed")}


def test_what_is_stuck_is_so_only_past_its_time(loaded: Capture, folder: Folder) -> None:
    """At the capture no run of a live worker is stuck; once their time is over the truth's stuck jobs are.

    What waits is stuck once it is due too long. The flag, the count and the verdicts agree.
    """
    stuck, running, lost = (
        {job_id for job_id, true in loaded.stored.items() if true["state"] == word}
        for word in ("stuck", "running", "lost")
    )
    # A run whose end is not stored, as in earlier versions of a system, has the time of the profile.
    ends = [job.lease_until for job in _list(loaded.look(1), "state:processing") if job.ref.id in stuck]
    late_s = max(folder.expectation.stuck_after_s, Limits().stuck_after_s + 1 if None in ends else 0)
    # A worker that lived at the capture beats no more in what was captured; what is lost looks like a run where no message is left.
    for after_s, least, most in ((1, set(), stuck), (late_s, stuck, stuck | running | lost)):
        late = loaded.look(after_s)
        found = {job.ref.id for job in _list(late, "is:stuck")}
        assert least <= {job.ref.id for job in _list(late, "is:stuck state:processing")} <= most
        assert late.inspector.snapshot(Watch()).stuck.value == len(found)
        assert found == _judged_stuck(late)


def test_what_is_due_too_long_is_stuck(loaded: Capture, folder: Folder) -> None:
    """An hour after the capture each job that waits in a queue that is not suspended is stuck, or says that its time is not stored."""
    late = loaded.look(3601)
    noted = {true["queue"] for true in loaded.stored.values() if "queue is paused" in true.get("note", "")}
    paused = noted | {*loaded.truth.get("paused_queues", ())}
    waiting = {
        job_id for job_id, true in loaded.stored.items() if true["state"] == "waiting" and true["queue"] not in paused
    }
    untimed = folder.expectation.unsure.get("due")
    if untimed is not None:
        waiting -= {job.ref.id for job in _list(late) if any(untimed in remark for remark in job.remarks)}
    found = {job.ref.id for job in _list(late, "is:stuck")}
    assert waiting <= found == _judged_stuck(late)
    assert late.inspector.snapshot(Watch()).stuck.value == len(found)
    told = [Feed(late, Limits()).open(job_id).verdict for job_id in waiting]
    lacking = [
        verdict for verdict in told if verdict.code is Code.OVERDUE and not {"ahead", "running"} <= {*verdict.evidence}
    ]
    assert not lacking
    patient = Limits(stuck_after_s=1e9, overdue_after_s=1e9)
    assert not waiting & {job.ref.id for job in _list(late, "is:stuck", patient)}


def _judged_stuck(backend: Backend) -> set[str]:
    """Return the jobs whose verdict says that they are stuck."""
    _, verdicts = Feed(backend, Limits()).page(PageRequest(parse_query(""), 1000))
    return {job_id for job_id, verdict in verdicts.items() if verdict.stuck}


def test_a_next_step_can_be_done(loaded: Capture, folder: Folder) -> None:
    """The act that a verdict advises fits its job, and the list that an alarm advises can be answered."""
    late = loaded.look(folder.expectation.stuck_after_s)
    feed = Feed(late, Limits())
    page, verdicts = feed.page(PageRequest(parse_query(""), 1000))
    for job in page.jobs:
        advised = _ACT.search(verdicts[job.ref.id].next)
        if advised:
            manifest = make_manifest(Verb(advised[1]), [job], late.inspector.capabilities, retry_until=advised[2] or "")
            assert (manifest.steps != (), RECORD_ONLY in job.remarks) == (True, False), verdicts[job.ref.id]
    impatient = Feed(late, Limits(alarms=AlarmLimits(oldest_s=1)))
    for warned in impatient.poll(Watch()).warnings:
        advised = _LIST.search(warned.verdict.next)
        if advised:
            late.inspector.page(PageRequest(parse_query(shlex.split(advised[1])[0]), 1), Limits())


def test_filters_mean_what_they_mean_everywhere(backend: Backend, loaded: Capture, whole: list[Job]) -> None:
    """Each filter lists the jobs that it holds for by the rules of the language, or is refused with a reason."""
    now = loaded.captured_at + timedelta(seconds=1)
    found, expected = dict[str, set[str]](), dict[str, set[str]]()
    for text in FILTERS:
        query = parse_query(text)
        if any(term.handling is Handling.REFUSED for term in backend.inspector.plan(query)):
            with pytest.raises(Unsupported):
                _list(backend, text)
            continue
        found[text] = {job.ref.id for job in _list(backend, text)}
        expected[text] = {job.ref.id for job in whole if matches(query, job, now, lambda _: False)}
    assert found == expected


def test_jobs_are_found_by_what_is_shown_of_their_workers(backend: Backend, whole: list[Job]) -> None:
    """By the worker that a job names, and by the id, the host, and host and process id of one that is registered."""
    if any(one.handling is Handling.REFUSED for one in backend.inspector.plan(parse_query("worker:x"))):
        return
    workers = {worker.id.raw: worker for worker in backend.inspector.snapshot(Watch()).workers}
    held = {job.ref.id: job.worker.raw for job in whole if job.worker is not None}
    assert not (workers and held) or workers.keys() & held.values()
    for job_id, name in held.items():
        worker = workers.get(name)
        for shown in {name, *(() if worker is None else (worker.place.raw, worker.host.raw or name))}:
            assert job_id in {one.ref.id for one in _list(backend, f"worker:{quote_value(shown)}")}, shown


def test_workers_tell_only_what_is_stored(loaded: Capture) -> None:
    """Slots that are not stored are not zero, and each job of a worker that is silent for too long is one that nobody runs."""
    snapshot = loaded.look(3601).inspector.snapshot(Watch())
    for worker in snapshot.workers:
        told = describe_worker(worker, snapshot.now, live=is_live(worker, snapshot.now, DEFAULT_LIMITS))
        assert told["slots"] is None or told["slots"] > 0
        assert told["host"] != ""
        if worker.silent_after_s is not None:
            assert (told["live"], told["orphaned"]) == (False, worker.busy)


def test_attempts_are_told_where_they_are_stored(backend: Backend, whole: list[Job]) -> None:
    """A system that answers no filter by attempts tells of no job how many it had, not even none."""
    (planned,) = backend.inspector.plan(parse_query("attempts:0"))
    assert {job.attempts is None for job in whole} == {planned.handling is Handling.REFUSED}


def test_a_queue_with_a_job_that_is_due_too_long_tells_since_when(loaded: Capture, folder: Folder) -> None:
    """That is so whatever runs beside it, but where the time of what waits is not stored."""
    late = loaded.look(3601)
    waiting = {job.queue.raw for job in _list(late, "is:stuck state:pending")}
    told = {queue.name.raw for queue in late.inspector.snapshot(Watch()).queues if queue.oldest_due_at is not None}
    assert folder.expectation.unsure.get("due") is not None or waiting <= told


def test_small_pages_hold_each_job_once(backend: Backend, loaded: Capture) -> None:
    """In every order, pages list all jobs once, and reading backward from the last gives the same pages.

    Pages are of three jobs in the usual order, and in each other one of nearly half of all, cut at other places;
    every second field is read backward too, rising and falling.
    """
    half = len(loaded.stored) // 2
    sorts = ("", *(f"sort:{sign}{field}" for field in SORTS for sign in ("", "-")))
    for place, sort in enumerate(sorts):
        size = max(3, half - place % 3) if sort else 3
        forth = _turn_pages(backend, PageRequest(parse_query(sort), size))
        assert Counter(job_id for page in forth for job_id in page) == Counter(set(loaded.stored)), sort
        if place % 4 in {1, 2} or not forth[-1]:
            continue
        last = backend.inspector.page(PageRequest(parse_query(sort), len(forth[-1]), backward=True), Limits())
        back = _turn_pages(backend, PageRequest(parse_query(sort), size, last.first, backward=True))
        assert [*reversed(back), forth[-1]] == forth, sort


def _turn_pages(backend: Backend, request: PageRequest) -> list[list[str]]:
    pages: list[list[str]] = []
    while True:
        page = backend.inspector.page(request, Limits())
        pages.append([job.ref.id for job in page.jobs])
        if not page.has_more:
            return pages
        request = replace(request, cursor=page.first if request.backward else page.last)


def test_a_job_is_found_by_its_id(backend: Backend, loaded: Capture) -> None:
    """Each job is read whole by its id, and found by it and by its end; what is not there is not found."""
    jobs = _list(backend)
    unread = loaded.open(1)
    for job in jobs:
        whole = unread.inspector.get(job.ref.id)
        assert (whole.ref, whole.state, whole.payload_whole) == (job.ref, job.state, True)
    for each in (backend, loaded.open(1)):
        assert [job.ref for job in each.inspector.get_many([*(job.ref.id for job in jobs), "zzz"])] == [
            job.ref for job in jobs
        ]
    for job in jobs:
        for suffix in (job.ref.id[-8:], job.ref.id):
            ending = {one.ref for one in jobs if one.ref.id.endswith(suffix)}
            found = set(backend.inspector.find(suffix, len(jobs)).refs)
            # A whole id is enough for itself.
            assert found == ending or (suffix == job.ref.id and found == {job.ref})
    for nonsense in (
        "00000000-0000-4000-8000-000000000000",
        "zzz",
        "x" * 500,
        "9" * 30,
        "a\0b",
        "\ud800",
        "'; drop table job; --",
    ):
        with pytest.raises(NotFound):
            backend.inspector.get(nonsense)
        assert backend.inspector.find(nonsense).refs == ()


def test_a_run_is_judged_by_the_time_that_its_store_gives_it(loaded: Capture, folder: Folder) -> None:
    """What the monitor calls critical among runs is what `is:stuck` lists, before the time is over and after it."""
    for after_s in (1, folder.expectation.stuck_after_s - 2, folder.expectation.stuck_after_s):
        backend = loaded.look(after_s)
        now = loaded.captured_at + timedelta(seconds=after_s)
        facts = Facts(now, Limits(), backend.inspector.capabilities, {}, (), frozenset())
        running = _list(backend, "state:processing")
        critical = {job.ref.id for job in running if explain(job, facts).severity is Severity.CRITICAL}
        assert critical == {job.ref.id for job in _list(backend, "is:stuck state:processing")}
