"""What Huey 1 and 2 wrote otherwise than 3.5, as seen on 1.11 and 2.0 to 3.0."""

from __future__ import annotations

from datetime import UTC, datetime

import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.payloads.huey_pickles import read_outcome
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.state import State

# Of 1.11.0, due on 30 November 2026 at 05:19, and due at once; ids are cut.
_LATER = (
    b"\x80\x04\x95C\x00\x00\x00\x00\x00\x00\x00(\x8c\x01a\x94\x8c\nshop.later\x94\x8c\bdatetime\x94\x8c\bdatetime\x94\x93\x94C\n"
    b"\x07\xea\x0b\x1e\x05\x13\x01\x05Jq\x94\x85\x94R\x94K\x00K\x00\x8c\x01x\x94\x85\x94}\x94\x86\x94Nt\x94."
)
_WAITS = (
    b"\x80\x04\x95\x1b\x00\x00\x00\x00\x00\x00\x00(\x8c\x01b\x94\x8c\x07shop.go\x94"
    b"NK\x02K\x05\x8c\x01r\x94\x85\x94}\x94\x86\x94Nt\x94."
)


def test_messages_of_huey_1_are_read_and_not_written(redis_url: str) -> None:
    """They are plain tuples: each job says that it is only read, and is deleted alone."""
    with redis.Redis.from_url(redis_url) as client:
        client.lpush("huey.redis.shop", _LATER, _WAITS)
    backend = open_backend(redis_url, BackendOptions(kind="huey", now=datetime(2026, 11, 30, 4, tzinfo=UTC)))
    jobs = {job.ref.id: job for job in backend.inspector.page(PageRequest(), Limits()).jobs}
    assert {name: (job.type.raw, job.state) for name, job in jobs.items()} == {
        "a": ("shop.later", State.SCHEDULED),
        "b": ("shop.go", State.PENDING),
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
