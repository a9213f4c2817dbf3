"""What every foreign backend must do with a capture of its system; an adapter's tests subclass it and give `capture`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from queuetui.backends.backend import Backend
from queuetui.backends.base import iterate
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import NotFound, Unsupported
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.query import SORTS, Query
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import State
from tests.backends.captures import STATE_OF_WORD, Capture

LIMIT_S = 300


def _ask(backend: Backend, act: Act, job: Job) -> object:
    """Ask for an act by the method that its verb belongs to."""
    if act.verb in (Verb.PAUSE, Verb.RESUME):
        return backend.operator.apply_to_queue(act, job.queue.raw)
    if act.verb is Verb.CLEAN:
        return backend.operator.clean_workers(act, 60)
    return backend.operator.apply(act, [Target(job.ref)], Limits())


def _turn_pages(backend: Backend, request: PageRequest) -> list[list[str]]:
    """Return the ids of every page from a request on, in the direction of reading."""
    pages: list[list[str]] = []
    while True:
        page = backend.inspector.page(request, Limits())
        pages.append([job.ref.id for job in page.jobs])
        if not page.has_more:
            return pages
        request = replace(request, cursor=page.first if request.backward else page.last)


class ForeignInspectorSuite:
    """Reading: the truth of the capture, and nothing written."""

    def test_each_job_is_in_its_true_state(self, capture: Capture) -> None:
        """Every stored job of the truth is shown once, in its state and queue, and no other job is."""
        jobs = {job.ref.id: job for job in iterate(capture.open().inspector, Query(), Limits())}
        assert {job_id: (job.state, job.queue.raw) for job_id, job in jobs.items()} == {
            job_id: (STATE_OF_WORD[truth["state"]], truth["queue"]) for job_id, truth in capture.stored.items()
        }

    def test_attempts_and_errors_are_true(self, capture: Capture) -> None:
        """Each job shows the attempts and the class of the error that the truth names."""
        jobs = {job.ref.id: job for job in iterate(capture.open().inspector, Query(), Limits())}
        for job_id, truth in capture.stored.items():
            job = jobs[job_id]
            assert job.attempts == truth.get("attempts", 0), job_id
            assert (None if job.error is None else job.error.class_name.raw) == truth.get("error_class"), job_id

    def test_a_view_is_what_the_single_reads_give(self, capture: Capture) -> None:
        """A job with all that explains it is the job and its attempts as each is read by itself, at the capture's time."""
        inspector = capture.open().inspector
        for job in iterate(inspector, Query(), Limits()):
            view = inspector.view(job.ref.id, 0)
            assert view.job == inspector.get(job.ref.id)
            assert view.attempts == inspector.attempts(job.ref.id)
            assert view.now == capture.captured_at
            assert view.workers == inspector.snapshot(Watch(parts=frozenset({Part.WORKERS}))).workers

    def test_counts_agree_with_the_truth(self, capture: Capture) -> None:
        """The snapshot counts each state as the truth does, and keeps what is absent apart from zero."""
        backend = capture.open()
        snapshot = backend.inspector.snapshot(Watch())
        expected = Counter(STATE_OF_WORD[truth["state"]] for truth in capture.stored.values())
        for state in backend.inspector.capabilities.keeps:
            assert snapshot.counts[state].value == expected[state], state
        assert snapshot.total.value == len(capture.stored)
        assert snapshot.problems == {}
        assert snapshot.now == capture.captured_at
        for state in set(State) - backend.inspector.capabilities.keeps:
            assert snapshot.counts[state].exactness is Exactness.ABSENT

    def test_queues_add_up_to_the_whole(self, capture: Capture) -> None:
        """The queues of a snapshot are those of the truth, and their counts sum to the counts of all."""
        snapshot = capture.open().inspector.snapshot(Watch())
        assert [queue.name.raw for queue in snapshot.queues] == sorted(
            {job["queue"] for job in capture.stored.values()}
        )
        for state, count in snapshot.counts.items():
            parts = [queue.counts[state].value for queue in snapshot.queues]
            assert count.value == (None if count.value is None else sum(part or 0 for part in parts)), state

    def test_stuck_appears_only_past_the_limit(self, capture: Capture) -> None:
        """At the capture nothing is stuck; one second past the limit exactly the truth's stuck jobs are, counted and listed."""
        stuck = {job_id for job_id, truth in capture.stored.items() if truth["state"] == "stuck"}
        for after_s, expected in ((0, set()), (LIMIT_S + 1, stuck)):
            backend = capture.open(after_s)
            listed = {job.ref.id for job in iterate(backend.inspector, parse_query("is:stuck"), Limits())}
            assert listed == expected
            assert backend.inspector.snapshot(Watch()).stuck.value == len(expected)

    def test_every_state_filter_finds_its_jobs(self, capture: Capture) -> None:
        """A filter by state, and its negation, split the jobs in two."""
        backend = capture.open()
        everything = set(capture.stored)
        for state in backend.inspector.capabilities.keeps:
            found = {job.ref.id for job in iterate(backend.inspector, parse_query(f"state:{state}"), Limits())}
            rest = {job.ref.id for job in iterate(backend.inspector, parse_query(f"-state:{state}"), Limits())}
            expected = {job_id for job_id, truth in capture.stored.items() if STATE_OF_WORD[truth["state"]] is state}
            assert (found, rest) == (expected, everything - expected), state

    def test_small_pages_read_forth_and_back_hold_each_job_once(self, capture: Capture) -> None:
        """In every order, pages of three list all jobs once, and reading backward from the last gives the same pages."""
        backend = capture.open()
        for sort in ("", *(f"sort:{sign}{field}" for field in SORTS for sign in ("", "-"))):
            forth = _turn_pages(backend, PageRequest(parse_query(sort), 3))
            assert Counter(job_id for page in forth for job_id in page) == Counter(set(capture.stored)), sort
            last = backend.inspector.page(PageRequest(parse_query(sort), len(forth[-1]), backward=True), Limits())
            back = _turn_pages(backend, PageRequest(parse_query(sort), 3, last.first, backward=True))
            assert [*reversed(back), forth[-1]] == forth, sort

    def test_a_job_is_read_whole_by_its_id(self, capture: Capture) -> None:
        """`get` gives each listed job in the same state and revision, and an end of its id finds it."""
        backend = capture.open()
        for job in iterate(backend.inspector, Query(), Limits()):
            whole = backend.inspector.get(job.ref.id)
            assert (whole.ref, whole.state, whole.payload_whole) == (job.ref, job.state, True)
            assert job.ref in backend.inspector.find(job.ref.id[-8:]).refs
            assert job.ref in backend.inspector.find(job.ref.id).refs
            assert capture.open().inspector.get(job.ref.id).ref == job.ref

    def test_many_jobs_are_read_at_once_as_a_page_lists_them(self, capture: Capture) -> None:
        """Whether they were listed before or not, those that are there come in the order asked for; what is gone is left out."""
        seen, unseen = capture.open().inspector, capture.open().inspector
        listed = {job.ref.id: job for job in iterate(seen, Query(), Limits())}
        asked = sorted(listed, reverse=True)
        for inspector in (seen, unseen):
            found = inspector.get_many([*asked, asked[0], "00000000-0000-4000-8000-000000000000", "nonsense"])
            assert [(job.ref, job.state, job.error) for job in found] == [
                (listed[one].ref, listed[one].state, listed[one].error) for one in asked
            ]

    def test_what_is_not_there_is_not_found(self, capture: Capture) -> None:
        """An id that no job has raises NotFound and finds nothing."""
        backend = capture.open()
        for job_id in ("00000000-0000-4000-8000-000000000000", "nonsense", "", "x" * 500, "'; drop table jobs; --"):
            with pytest.raises(NotFound):
                backend.inspector.get(job_id)
            assert backend.inspector.find(job_id or "zzz").refs == ()

    def test_verbs_that_are_missing_say_why(self, capture: Capture) -> None:
        """Every verb is either there or has its reason, and asking for a missing one is refused with that reason."""
        backend = capture.open()
        jobs = list(iterate(backend.inspector, Query(), Limits()))
        for verb in set(Verb) - backend.inspector.capabilities.verbs:
            reason = backend.inspector.capabilities.why_not(verb)
            with pytest.raises(Unsupported) as refused:
                _ask(backend, Act(verb, "tester"), jobs[0])
            assert str(refused.value) == reason


class ForeignOperatorSuite:
    """Acting: compared and set, told truly."""

    def test_a_failed_job_is_retried_once(self, capture: Capture) -> None:
        """A retried job is pending under the same id; the same act again finds that it moved on."""
        backend = capture.open()
        failed = next(job for job in iterate(backend.inspector, parse_query("state:failed"), Limits()))
        first, again = (
            backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(failed.ref)], Limits())[0] for _ in range(2)
        )
        assert (first.outcome, first.state_now) == (Outcome.DONE, State.PENDING)
        assert first.before
        assert again.outcome is Outcome.SKIPPED
        retried = backend.inspector.get(failed.ref.id)
        assert (retried.state, retried.attempts, retried.ref.rev) == (State.PENDING, 0, first.rev_after)

    def test_a_processing_job_is_let_be_within_its_limit(self, capture: Capture) -> None:
        """Neither release nor delete touches a processing job before its limit is over."""
        backend = capture.open()
        running = [job.ref for job in iterate(backend.inspector, parse_query("state:processing"), Limits())]
        for verb in (Verb.RELEASE, Verb.DELETE):
            results = backend.operator.apply(Act(verb, "tester"), list(map(Target, running)), Limits())
            assert {(result.outcome, result.state_now) for result in results} == {(Outcome.SKIPPED, State.PROCESSING)}
            assert all(result.note for result in results)
        assert [job.ref for job in iterate(backend.inspector, parse_query("state:processing"), Limits())] == running

    def test_deleting_takes_only_what_was_chosen(self, capture: Capture) -> None:
        """A deleted waiting job is gone and every other job is as it was."""
        backend = capture.open()
        before = {job.ref for job in iterate(backend.inspector, Query(), Limits())}
        chosen = next(job for job in iterate(backend.inspector, parse_query("state:pending"), Limits())).ref
        (result,) = backend.operator.apply(Act(Verb.DELETE, "tester"), [Target(chosen)], Limits())
        assert (result.outcome, result.rev_after) == (Outcome.DONE, None)
        assert {job.ref for job in iterate(backend.inspector, Query(), Limits())} == before - {chosen}
