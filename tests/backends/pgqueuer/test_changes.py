"""What our verbs do to PgQueuer beside the rows: who is told on which channel, and what is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from queuetui.model.act import Act, Outcome, Result, Target, Verb
from queuetui.model.limits import Limits
from tests.backends.captures import Capture, query, run_script
from tests.backends.rights.sql_users import load_dump

# As PgQueuer's own function of its trigger is written, by an application with a channel of its own.
_TRIGGER = """
create function public.fn_pgqueuer_changed() returns trigger language plpgsql as $$
begin
    PERFORM pg_notify(
        'shop events', json_build_object('channel', 'shop events', 'operation', lower(TG_OP))::text
    );
    return null;
end $$;
create trigger tg_pgqueuer_changed after truncate on public.pgqueuer execute function public.fn_pgqueuer_changed();
"""


@pytest.fixture
def capture(postgres_url: str) -> Iterator[Capture]:
    """The capture in an empty database."""
    loaded = load_dump("pgqueuer", "pgqueuer", postgres_url)
    yield loaded
    loaded.close()


def _act(capture: Capture, verb: Verb, job_id: str, after_s: float = 1) -> Result:
    backend = capture.open(after_s)
    target = Target(backend.inspector.get(job_id).ref)
    return backend.operator.apply(Act(verb, "tester"), [target], Limits())[0]


def _heard(capture: Capture, channel: str, verb: Verb, job_id: str, after_s: float = 1) -> list[dict[str, Any]]:
    """Return what is notified on a channel while a verb is done."""
    with psycopg.connect(capture.url, autocommit=True) as listener:
        listener.execute(f'listen "{channel}"'.encode())
        assert _act(capture, verb, job_id, after_s).outcome is Outcome.DONE
        return [json.loads(one.payload) for one in listener.notifies(timeout=0.2)]


@pytest.mark.parametrize(("trigger", "channel"), [("", "ch_pgqueuer"), (_TRIGGER, "shop events")])
def test_workers_are_told_on_their_channel(capture: Capture, trigger: str, channel: str) -> None:
    """They are woken for what is queued again, and asked to end what is cancelled, where the trigger's function notifies."""
    run_script(capture.url, trigger)
    (woken,) = _heard(capture, channel, Verb.RETRY, "4")
    assert (woken["channel"], woken["type"], woken["table"]) == (channel, "table_changed_event", "pgqueuer")
    query(capture.url, f"update pgqueuer set heartbeat = to_timestamp({capture.captured_at.timestamp()}) where id = 9")
    (asked,) = _heard(capture, channel, Verb.CANCEL, "9")
    assert (asked["channel"], asked["type"], asked["ids"]) == (channel, "cancellation_event", [9])
    assert asked["sent_at"].endswith("+00:00")


def test_a_held_job_whose_key_is_in_use_is_left_alone(capture: Capture) -> None:
    """PgQueuer lets one job with a dedupe key wait or run; a retry that would make two says so."""
    query(capture.url, "update pgqueuer set dedupe_key = 'invoice-77' where id = 4")
    result = _act(capture, Verb.RETRY, "4")
    assert result.outcome is Outcome.SKIPPED
    assert "dedupe key" in result.note


def test_what_is_only_a_record_says_so(capture: Capture) -> None:
    """A failure that was not held has no row any more, so no verb is done to it."""
    for verb in (Verb.RETRY, Verb.DELETE):
        result = _act(capture, verb, "3")
        assert (result.outcome, "only its record" in result.note) == (Outcome.SKIPPED, True)


def test_each_run_is_an_attempt(capture: Capture) -> None:
    """Runs are told by the log, with their errors; one that another worker took back was lost."""
    steps = enumerate(("queued", "picked", "picked", "failed"))
    times = ", ".join(f"(now() + interval '{n} seconds', 5, '{word}', 0, 'charge')" for n, word in steps)
    query(capture.url, "delete from pgqueuer_log where job_id = 5")
    query(capture.url, f"insert into pgqueuer_log (created, job_id, status, priority, entrypoint) values {times}")
    inspector = capture.open(1).inspector
    assert [(one.fence, one.outcome) for one in inspector.attempts("5")] == [(1, "lost"), (2, "failed")]
    assert [(one.outcome, one.error and one.error.class_name.raw) for one in inspector.attempts("6")] == [
        ("retry", "RetryRequested"),
        ("retry", "RetryRequested"),
        ("failed", "ValueError"),
    ]
