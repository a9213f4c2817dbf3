"""What Huey 1 and 2 wrote otherwise than 3.5, as seen on 1.11 and 2.0 to 3.0."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta

import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.foreign.huey.messages import REVOKED, read_outcome
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.state import State


def test_messages_of_huey_1_are_read_and_not_written(redis_url: str) -> None:
    """They are plain tuples: each job says that it is only read, and is deleted alone."""
    ahead = datetime.now() + timedelta(days=2)  # noqa: DTZ005 - its times have no zone
    later: tuple[object, ...] = ("a", "shop.later", ahead, 0, 0, (("x",), {}), None)
    waits = ("b", "shop.wait", None, 2, 5, ((1,), {"k": 2}), None)
    with redis.Redis.from_url(redis_url) as client:
        client.lpush("huey.redis.shop", *(pickle.dumps(one, 4) for one in (later, waits)))
    backend = open_backend(redis_url, BackendOptions(kind="huey"))
    jobs = {job.ref.id: job for job in backend.inspector.page(PageRequest(), Limits()).jobs}
    assert {name: (job.type.raw, job.state) for name, job in jobs.items()} == {
        "a": ("shop.later", State.SCHEDULED),
        "b": ("shop.wait", State.PENDING),
    }
    assert all("Huey 1" in job.remarks[0] for job in jobs.values())
    for verb, name, outcome in (
        (Verb.RETRY, "a", Outcome.SKIPPED),
        (Verb.CANCEL, "b", Outcome.SKIPPED),
        (Verb.DELETE, "b", Outcome.DONE),
    ):
        (result,) = backend.operator.apply(Act(verb, "tester"), [Target(jobs[name].ref)], Limits())
        assert (result.outcome, "Huey 1" in result.note) == (outcome, outcome is Outcome.SKIPPED)
    backend.close()


def test_the_error_of_a_traceback_that_was_written_too_late_is_its_repr() -> None:
    """Up to 3.0 the traceback says that nothing is being handled; the task has no name then."""

    def text(said: str) -> bytes:
        return b"X" + len(said).to_bytes(4, "little") + said.encode()

    pairs = text("error") + text("LookupError('not there')") + text("traceback") + text("NoneType: None\n")
    ended = read_outcome(b"\x80\x04chuey.utils\nError\n}(" + pairs + b"u\x85R.")
    assert ended.error is not None
    assert (ended.error.class_name.raw, ended.error.message.raw, ended.name) == ("LookupError", "not there", "?")


def test_every_python_reads_a_revocation() -> None:
    """Huey 2 runs on Python 3.6, which reads no protocol above 4."""
    assert REVOKED[1] <= 4
    assert pickle.loads(REVOKED) == (None, True)  # noqa: S301 - what is written by us
