"""What Oban's processes tell of its queues and runs, which a capture whose processes are dead cannot show."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.verdict import Code
from queuetui.monitor.feed import Feed
from tests.backends.captures import Capture, query
from tests.backends.rights.sql_users import load_dump

_BEAT = "update oban_producers set updated_at = to_timestamp({at}) at time zone 'UTC' where queue in ({queues})"


@pytest.fixture
def capture(postgres_url: str) -> Iterator[Capture]:
    """The capture in an empty database."""
    loaded = load_dump("oban", "oban", postgres_url)
    yield loaded
    loaded.close()


def _beat(capture: Capture, after_s: float, *queues: str) -> None:
    """Let the processes of queues live so long after the capture."""
    names = ", ".join(f"'{name}'" for name in queues)
    query(capture.url, _BEAT.format(at=capture.captured_at.timestamp() + after_s, queues=names))


def _stuck(capture: Capture, after_s: float) -> set[str]:
    """Return the jobs that are stuck, by the filter and by the verdicts alike."""
    backend = capture.open(after_s)
    page = backend.inspector.page(PageRequest(parse_query("is:stuck"), 100), Limits())
    _, verdicts = Feed(backend, Limits()).page(PageRequest(limit=100))
    found = {job.ref.id for job in page.jobs}
    assert found == {job_id for job_id, verdict in verdicts.items() if verdict.stuck}
    return found


def test_a_queue_that_a_live_process_serves_may_wait_longer(capture: Capture) -> None:
    """After 400 s what waits in a queue that nobody serves is stuck, and what a live process may take is not yet."""
    _beat(capture, 400, "default")
    assert _stuck(capture, 400) & {"12", "22", "23", "27"} == {"12", "22"}


def test_what_waits_in_a_paused_queue_is_not_stuck(capture: Capture) -> None:
    """A queue that its live process paused is shown so, and its jobs wait for that reason, however long."""
    _beat(capture, 4000, "cronq")
    backend = capture.open(4000)
    assert {queue.name.raw for queue in backend.inspector.snapshot(Watch()).queues if queue.is_paused} == {"cronq"}
    assert "12" not in _stuck(capture, 4000)
    assert Feed(backend, Limits()).open("12").verdict.code is Code.QUEUE_PAUSED


def test_processes_are_told_to_pause_and_resume(capture: Capture) -> None:
    """They are told once by NOTIFY; who is paused already, or where nobody lives, nothing is sent and the reason is told."""
    _beat(capture, 1, "cronq", "default")
    operator = capture.open(1).operator
    with psycopg.connect(capture.url, autocommit=True) as listener:
        listener.execute('listen "public.oban_signal"')
        told = [
            operator.apply_to_queue(Act(verb, "tester"), queue)
            for verb, queue in (
                (Verb.PAUSE, "default"),
                (Verb.PAUSE, "cronq"),
                (Verb.PAUSE, "retired"),
                (Verb.RESUME, "cronq"),
            )
        ]
        heard = [one.payload for one in listener.notifies(timeout=0.2)]
    assert [one.outcome for one in told] == [Outcome.DONE, Outcome.SKIPPED, Outcome.SKIPPED, Outcome.DONE]
    assert all(one.note for one in told)
    assert heard == [
        '{"action": "pause", "queue": "default", "ident": "any"}',
        '{"action": "resume", "queue": "cronq", "ident": "any"}',
    ]


def test_a_live_run_is_asked_to_end_and_a_dead_one_is_not(capture: Capture) -> None:
    """The worker of a live run is told which job to end, and the row stays as it is; nobody would hear it for a dead one."""
    _beat(capture, 1, "reports")
    for after_s, outcome, heard in (
        (1, Outcome.DONE, ['{"action": "pkill", "job_id": 14}']),
        (62, Outcome.SKIPPED, []),
    ):
        backend = capture.open(after_s)
        with psycopg.connect(capture.url, autocommit=True) as listener:
            listener.execute('listen "public.oban_signal"')
            target = Target(backend.inspector.get("14").ref)
            (result,) = backend.operator.apply(Act(Verb.CANCEL, "tester"), [target], Limits())
            assert (result.outcome, [one.payload for one in listener.notifies(timeout=0.2)]) == (outcome, heard)
        assert query(capture.url, "select state::text from oban_jobs where id = 14") == [("executing",)]


def test_without_any_process_a_run_is_judged_by_the_limit(capture: Capture) -> None:
    """A crash of the server empties the unlogged table: then no run is called dead before the profile's limit."""
    query(capture.url, "truncate oban_producers")
    assert _stuck(capture, 90) == set()
    assert _stuck(capture, 290) & {"14", "15"} == {"14", "15"}


@pytest.mark.parametrize(
    ("change", "why", "why_no_pause"),
    [
        ("create table public.oban_peers (name text primary key, node text not null)", "Elixir", "Elixir"),
        ("drop table oban_producers", "only read", "oban_producers"),
        ("alter table oban_jobs alter column scheduled_at type timestamptz", "only read", "only read"),
    ],
)
def test_where_another_oban_works_nothing_is_changed(
    capture: Capture, change: str, why: str, why_no_pause: str
) -> None:
    """Beside the table of Elixir's leader, and in a layout that was not tried, all is read and every verb is refused with the reason."""
    query(capture.url, change)
    capabilities = capture.open(1).inspector.capabilities
    assert capabilities.verbs == frozenset()
    assert all(why in str(capabilities.why_not(verb)) for verb in (Verb.RETRY, Verb.CANCEL, Verb.RELEASE, Verb.DELETE))
    assert all(why_no_pause in str(capabilities.why_not(verb)) for verb in (Verb.PAUSE, Verb.RESUME))
    assert capture.open(1).inspector.get("4").error is not None
