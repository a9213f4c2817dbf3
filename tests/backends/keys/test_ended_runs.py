"""What is told of runs that ended, where the store of arq, SAQ, Huey or Celery says less than it seems to say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.foreign.huey.keys import HueyOnRedis
from queuetui.backends.keys.shelf import Command
from queuetui.backends.payloads.huey_pickles import read_outcome
from queuetui.backends.redis.key_list import KeyList
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import NotFound
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.backends.captures import query, run_script

_COLUMNS = "task_id text, status text, result blob, date_done datetime, traceback text"
_RESULTS = f"create table celery_taskmeta (id integer primary key, {_COLUMNS})"
_HUEY_TABLES = """
create table task (id integer primary key, queue text, data blob, priority real);
create table schedule (id integer primary key, queue text, data blob, timestamp real);
create table kv (queue text, key text, value blob, primary key (queue, key));
"""
# A task may get the error of a chord that it waits for.
_FRAMES = {"body": "redis.py, in on_chord_part_return", "task": "trace.py, in trace_task"}
_CHORD = {"exc_type": "ChordError", "exc_message": ["Dependency 7 raised"], "exc_module": "celery.exceptions"}


def _error(told: str, **more: bytes) -> bytes:
    """Return what Huey stores of a run that failed."""
    parts = {"error": _text(told), **more}
    said = b"".join(_text(name) + value for name, value in parts.items())
    return b"\x80\x04chuey.utils\nError\n}(" + said + b"u\x85R."


def _text(said: str) -> bytes:
    return b"X" + len(said.encode()).to_bytes(4, "little") + said.encode()


@pytest.mark.parametrize(
    ("class_name", "message", "counted", "state", "attempts"),
    [
        ("arq.worker\nJobExecutionFailed", "max 3 retries exceeded", 4, "failed", 3),
        ("arq.worker\nJobExecutionFailed", "max 3 retries exceeded", 0, "failed", 0),
        ("arq.worker\nJobExecutionFailed", "job expired", 1, "failed", 0),
        ("arq.worker\nJobExecutionFailed", "function 'again' not found", 2, "failed", 1),
        ("builtins\nValueError", "job expired", 2, "failed", 2),
        ("asyncio.exceptions\nCancelledError", None, 2, "cancelled", 2),
    ],
)
def test_what_arq_ends_by_itself_is_no_run(
    redis_url: str, class_name: str, message: str | None, counted: int, state: str, attempts: int
) -> None:
    """It counts a try before it finds that it may or need not begin one; an aborted job is cancelled and has no error."""
    args = b")" if message is None else _text(message) + b"\x85"
    pairs = {
        "s": b"\x89",
        "f": _text("again"),
        "a": b")",
        "k": b"}",
        "q": _text("arq:queue"),
        "r": b"c" + class_name.encode() + b"\n" + args + b"R",
        "t": b"K" + bytes([counted]),
    }
    with redis.Redis.from_url(redis_url) as client:
        client.set("arq:result:x", b"\x80\x04}(" + b"".join(_text(name) + one for name, one in pairs.items()) + b"u.")
    with closing(open_backend(redis_url, BackendOptions(kind="arq"))) as backend:
        job = backend.inspector.get("x")
        assert (job.state, job.attempts, job.error and job.error.message.raw) == (state, attempts, message)
        assert backend.inspector.snapshot(Watch()).counts[job.state].value == 1


def test_a_pickled_job_of_saq_has_ended(redis_url: str) -> None:
    """Its status is a member of an enumeration; its queue may have any name, `job` too."""
    status = b"csaq.job\nStatus\n" + _text("failed") + b"\x85R"
    pairs = {"function": _text("mail"), "queue": _text("job"), "key": _text("k"), "status": status}
    with redis.Redis.from_url(redis_url) as client:
        client.set("saq:job:job:k", b"\x80\x04}(" + b"".join(_text(name) + one for name, one in pairs.items()) + b"u.")
        client.rpush("saq:job:queued", "saq:job:job:gone")
    backend = open_backend(redis_url, BackendOptions(kind="saq"))
    assert (backend.inspector.get("job:k").state, backend.inspector.get("job:gone").state) == ("failed", "pending")
    backend.close()


@pytest.mark.parametrize("place", ["hash", "keys", "file"])
def test_what_huey_ended_is_shown_wherever_its_results_are(redis_url: str, sqlite_url: str, place: str) -> None:
    """They are fields of a hash, keys that expire, or rows; beside them stand revocations, locks and errors of what is tried again.

    A task that raised CancelExecution is cancelled, as Huey signals it; one behind another that failed in a pipeline never ran.
    """
    stored = {
        "a.1": b"\x80\x04K\7.",
        "b": _error("KeyError(1)"),
        "again": _error("KeyError(1)", retries=b"K\1"),
        "c": _error("CancelExecution()"),
        "d": _error("KeyError(1)", task_id=_text("b")),
        "r:e": b"N\x88\x86.",
        "rt:shop.go": b"N\x88\x86.",
        "shop.lock.x": b"1",
    }
    url = sqlite_url if place == "file" else redis_url
    if place == "file":
        run_script(url, _HUEY_TABLES)
        for name, value in stored.items():
            query(url, f"insert into kv values ('shop', '{name}', x'{value.hex()}')")
    with redis.Redis.from_url(redis_url) as client:
        for name, value in stored.items():
            if place == "hash":
                client.hset("huey.results.shop", name, value)
            elif place == "keys":
                client.set(f"huey.r.shop.{name}", value, ex=1000)
    with closing(open_backend(url, BackendOptions(kind="huey"))) as backend:
        shown = backend.inspector.page(PageRequest(), Limits()).jobs
        told = {one.ref.id: (one.state, one.attempts, one.error and one.error.class_name.raw) for one in shown}
        assert {one.queue.raw for one in shown} == {"shop"}
        assert told == {
            "a.1": ("completed", 1, None),
            "b": ("failed", 1, "KeyError"),
            "c": ("cancelled", 1, "CancelExecution"),
            "d": ("failed", 0, "KeyError"),
        }
        assert {name: backend.inspector.get(name).state for name in told} == {name: told[name][0] for name in told}
        with pytest.raises(NotFound):
            backend.inspector.get("again")
        counts = backend.inspector.snapshot(Watch()).counts
        assert [counts[one].value for one in (State.FAILED, State.CANCELLED, State.COMPLETED)] == [2, 1, 1]
        (cancelled,) = (one for one in shown if one.ref.id == "c")
        for verb in (Verb.RETRY, Verb.DELETE):
            (result,) = backend.operator.apply(Act(verb, "tester"), [Target(cancelled.ref)], Limits())
            assert (result.outcome, "only its end is left" in result.note) == (Outcome.SKIPPED, True)


def test_huey_is_asked_for_names_of_results_only_where_they_expire(redis_url: str) -> None:
    """The look for the names of queues meets the first one; without one no poll looks through the keys for more."""
    with redis.Redis.from_url(redis_url) as client:
        client.hset("huey.results.shop", "b", _error("KeyError(1)"))
        first = KeyList((b"huey.results.shop",), b"1")
        asked: list[Command] = []

        def ask(commands: Sequence[Command]) -> list[Any]:
            asked.extend(commands)
            return [client.execute_command(*one) for one in commands]

        def look(keys: KeyList) -> list[Command]:
            asked.clear()
            HueyOnRedis(keys, ()).survey(ask)
            return [one for one in asked if b"huey.r.*" in one]

        assert look(first) == []
        assert look(replace(first, names=(*first.names, b"huey.r.shop.b"))) != []


def test_a_task_of_huey_is_named_by_its_module_or_package() -> None:
    """A task that stands in the file of a package itself is the package's."""
    for file, name in (("/srv/shop/tasks.py", "tasks.mail"), ("/srv/shop/orders/__init__.py", "orders.mail")):
        frames = f'  File "api.py", line 1, in execute\n    run()\n  File "{file}", line 7, in mail'
        trace = f"Traceback (most recent call last):\n{frames}\nKeyError: 1"
        told = b"}(" + _text("traceback") + _text(trace) + b"u"
        assert read_outcome(b"\x80\x04chuey.utils\nError\n" + told + b"\x85R.").name == name


@pytest.mark.parametrize("url_fixture", ["redis_url", "sqlite_url"])
def test_the_body_of_a_chord_in_which_a_task_failed_was_not_run(
    request: pytest.FixtureRequest, url_fixture: str
) -> None:
    """Celery stores a failure for it with the error of the chord, which no task has raised; it says no more than that of attempts."""
    url = request.getfixturevalue(url_fixture)
    if url_fixture == "sqlite_url":
        run_script(url, _RESULTS)
    for name, frame in _FRAMES.items():
        trace = f"Traceback (most recent call last):\n  {frame}\ncelery.exceptions.ChordError: Dependency 7 raised\n"
        if url_fixture == "sqlite_url":
            values = f"'{name}', 'FAILURE', '{json.dumps(_CHORD)}', '2026-11-29 05:00:00', '{trace}'"
            query(url, f"insert into celery_taskmeta (task_id, status, result, date_done, traceback) values ({values})")
        else:
            stored = {"status": "FAILURE", "result": _CHORD, "traceback": trace, "date_done": "2026-11-29T05:00:00"}
            with redis.Redis.from_url(url) as client:
                client.set(f"celery-task-meta-{name}", json.dumps(stored))
    with closing(open_backend(url, BackendOptions())) as backend:
        jobs = {job.ref.id: job for job in backend.inspector.page(PageRequest(), Limits()).jobs}
        assert {name: (job.state, job.attempts) for name, job in jobs.items()} == {
            "body": ("failed", 0),
            "task": ("failed", 1),
        }
        words = {name: " ".join(job.remarks) for name, job in jobs.items()}
        assert [("no worker ran it" in words[name], "at least one" in words[name]) for name in _FRAMES] == [
            (True, False),
            (False, True),
        ]
