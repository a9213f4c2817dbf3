"""What our verbs leave in BullMQ's keys is what BullMQ's own verbs leave: hashes, lists, sets, counters, markers and events."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from tests.captures.stores import dump_keys
from tests.live.bullmq import ON_REDIS, LiveBullmq
from tests.live.product import PROGRAMS, Missing, run
from tests.servers.fixtures import report_missing

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
# Of each verb the queue and the job that it is done to, after what else is done before.
_LIMITED, _PAUSED = ("limit", "q", "0"), ("pause", "q", "")
DEEDS = (
    *(
        (("retry", "q", job), before)
        for before in ((), (_LIMITED,), (_PAUSED,))
        for job in ("bad", "bad-lifo", "bad-first", "bad-child", "bad-last", "tried", "tried-first", "later", "later-first")
    ),
    *((("release", "lost", "dropped"), before) for before in ((), (("limit", "lost", "1"),), (("pause", "lost", ""),))),
    *(
        (("delete", queue, job), before)
        for before in ((), (("pause", "p", ""),))
        for queue, job in (
            *(("q", one) for one in ("bad", "done", "waits", "waits-once", "waits-first", "later", "tried", "bad-child")),
            *(("kids", one) for one in ("child-1", "child-last")),
        )
    ),
    (("delete", "lost", "dropped"), ()),
    *(((verb, queue, ""), before) for queue in ("q", "empty", "p") for verb, before in (
        ("pause", ()), ("resume", (("pause", queue, ""),)),
    )),
)  # fmt: skip
_VERBS = {verb.value: verb for verb in (Verb.RETRY, Verb.RELEASE, Verb.DELETE)}


@pytest.fixture(scope="module", params=ON_REDIS, ids=lambda product: product.name)
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one version of BullMQ installed."""
    product: LiveBullmq = request.param
    made = tmp_path_factory.mktemp("bullmq")
    try:
        product.install(made)
    except Missing as error:
        report_missing(str(error))
    return made


@pytest.fixture(scope="module")
def url(room: Path, redis_server: Any) -> Iterator[str]:
    """A database with BullMQ's jobs in all states."""
    made: str = redis_server.create_database()
    run(["node", PROGRAMS / "bullmq_states.cjs", room, made, "make"], room)
    yield made
    redis_server.drop_database(made)


class Theirs:
    """A process that does BullMQ's own verbs."""

    def __init__(self, room: Path, url: str) -> None:
        command = ["node", str(PROGRAMS / "bullmq_states.cjs"), str(room), url, "serve"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def do(self, verb: str, queue: str, job: str) -> None:
        """Do a verb, and return once all of it is written."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{verb} {queue} {job}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n", (verb, queue, job)


@pytest.fixture(scope="module")
def theirs(room: Path, url: str) -> Iterator[Theirs]:
    """BullMQ itself."""
    made = Theirs(room, url)
    yield made
    made.process.kill()
    made.process.communicate()


@contextlib.contextmanager
def _put_back(url: str) -> Iterator[None]:
    """Put everything back as it was."""
    with redis.Redis.from_url(url) as client:
        kept = {key: (client.dump(key), client.pttl(key)) for key in client.keys("*")}
        yield
        client.flushdb()
        for key, (dump, ttl_ms) in kept.items():
            client.restore(key, max(ttl_ms, 0), dump)


def test_our_verbs_leave_what_bullmqs_leave(theirs: Theirs, url: str) -> None:
    """After each verb of ours all keys hold what they hold after BullMQ's own, whatever was paused or limited before."""
    different = []
    for deed, before in DEEDS:
        with _put_back(url):
            for one in before:
                theirs.do(*one)
            with _put_back(url):
                theirs.do(*deed)
                left = _told(url)
            _do_ours(url, *deed)
            ours = _told(url)
        changed = {key: (left.get(key), ours.get(key)) for key in left | ours if left.get(key) != ours.get(key)}
        if changed:
            different.append((deed, before, changed))
    assert not different


def _do_ours(url: str, verb: str, queue: str, job: str) -> None:
    backend = open_backend(url, BackendOptions(kind="bullmq"))
    if verb in ("pause", "resume"):
        result = backend.operator.apply_to_queue(Act(Verb(verb), "tester"), queue)
    else:
        target = Target(backend.inspector.get(f"{queue}/{job}").ref)
        (result,) = backend.operator.apply(Act(_VERBS[verb], "tester"), [target], Limits())
    backend.close()
    assert result.outcome is Outcome.DONE, (verb, queue, job, result)


def _told(url: str) -> dict[bytes, Any]:
    """Return all keys: of events without their times, of a queue without the version that BullMQ writes when it is opened."""
    found = dump_keys(url)
    for key, (_, value) in found.items():
        if key.endswith(b":meta"):
            value.pop(b"version", None)
    return {
        key: [fields for _, fields in value] if kind == b"stream" else value for key, (kind, value) in found.items()
    }
