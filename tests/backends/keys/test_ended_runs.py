"""What is told of runs that ended, where the store of arq, SAQ, Huey or Celery says less than it seems to say."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.foreign.huey.messages import read_outcome
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from tests.backends.captures import query, run_script

_COLUMNS = "task_id text, status text, result blob, date_done datetime, traceback text"
_RESULTS = f"create table celery_taskmeta (id integer primary key, {_COLUMNS})"
# A task may get the error of a chord that it waits for.
_FRAMES = {"body": "redis.py, in on_chord_part_return", "task": "trace.py, in trace_task"}
_CHORD = {"exc_type": "ChordError", "exc_message": ["Dependency 7 raised"], "exc_module": "celery.exceptions"}


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
