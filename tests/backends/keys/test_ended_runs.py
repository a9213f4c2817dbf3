"""What is told of runs that ended, where the store of arq, SAQ or Huey says less than it seems to say."""

from __future__ import annotations

import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.foreign.huey.messages import read_outcome


def _text(said: str) -> bytes:
    return b"X" + len(said.encode()).to_bytes(4, "little") + said.encode()


def test_the_try_by_which_arq_gives_up_is_no_run(redis_url: str) -> None:
    """It counts a try before it finds that there were enough: of four counted ones three were begun, of none none."""
    error = b"carq.worker\nJobExecutionFailed\n" + _text("max 3 retries exceeded") + b"\x85R"
    pairs = {
        "s": b"\x89",
        "f": _text("again"),
        "a": b")",
        "k": b"}",
        "q": _text("arq:queue"),
        "r": error,
    }
    with redis.Redis.from_url(redis_url) as client:
        for job_id, tries in (("x", b"K\x04"), ("none", b"K\x00")):
            told = b"".join(_text(name) + one for name, one in {**pairs, "t": tries}.items())
            client.set(f"arq:result:{job_id}", b"\x80\x04}(" + told + b"u.")
    backend = open_backend(redis_url, BackendOptions(kind="arq"))
    job = backend.inspector.get("x")
    assert (job.attempts, job.error and job.error.message.raw) == (3, "max 3 retries exceeded")
    assert backend.inspector.get("none").attempts == 0
    backend.close()


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
