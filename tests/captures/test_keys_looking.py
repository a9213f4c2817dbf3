"""What is sent to Redis by looking: commands that only read, which a user who may only read is allowed; each act is refused in words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover
from queuetui.model.act import Act, Outcome, Target
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from tests.backends.captures import Capture
from tests.captures.conftest import Folder
from tests.captures.reads import read_early_and_late, read_everything
from tests.captures.stores import let_read, redis_client

CORE = "keys"
READS = frozenset(
    """
    ping hello auth client select time info type hgetall smembers srandmember hmget hget hlen hscan llen lrange lpos zcard zrange
    zrevrange zscore zmscore zrank zrevrank zcount zrangebyscore zrevrangebyscore xlen xrange xrevrange get getrange scard exists pttl scan
    sscan sismember lindex mget
    """.split()  # noqa: SIM905 - as many quotes would hide the names
)
READER = "reader"


@contextmanager
def watched(url: str) -> Iterator[set[str]]:
    """Collect the names of the commands that a database is sent meanwhile."""
    seen: set[str] = set()
    number = int(urlsplit(url).path.lstrip("/"))
    with redis_client(url) as client, client.monitor() as monitor:
        ready = threading.Event()

        def listen() -> None:
            ready.set()
            for command in monitor.listen():
                name = command["command"].split()[0].lower()
                if command["db"] == number and name == "echo":
                    return
                if command["db"] == number:
                    seen.add(name)

        thread = threading.Thread(target=listen)
        thread.start()
        ready.wait(10)
        yield seen
        client.echo("end")
        thread.join(10)
        assert not thread.is_alive()


def test_only_reading_commands_are_sent(loaded: Capture, folder: Folder) -> None:
    """Every read of the contract and of discovery sends no command that could write or blocks the server, and nothing is changed."""
    before = folder.store.dump(loaded.url)
    with watched(loaded.url) as commands:
        read_early_and_late(loaded, folder)
    assert folder.store.dump(loaded.url) == before
    assert commands
    assert commands - READS == set()


@pytest.fixture
def reader(fresh: Capture) -> Iterator[Capture]:
    """The capture, by a user who may do nothing but read."""
    parts = urlsplit(let_read(fresh.url))
    with redis_client(fresh.url) as client:
        client.acl_setuser(
            READER, enabled=True, passwords=["+word"], keys=["*"], categories=["+@read", "+@connection"],
            commands=["+info", "+time"], reset=True,
        )  # fmt: skip
    by_reader = replace(fresh, url=parts._replace(netloc=f"{READER}:word@{parts.netloc}").geturl(), opened=[])
    yield by_reader
    by_reader.close()
    with redis_client(fresh.url) as client:
        client.acl_deluser(READER)


def test_a_user_who_may_only_read_sees_everything(reader: Capture, fresh: Capture) -> None:
    """With the rights to read, all is read and discovered without a problem."""
    read_everything(reader.open(1))
    by_owner = discover(fresh.url, BackendOptions())
    assert reader.kind in {one.kind for one in by_owner}
    assert [one.kind for one in discover(reader.url, BackendOptions())] == [one.kind for one in by_owner]


def test_a_user_who_may_only_read_is_refused_in_words(reader: Capture, folder: Folder) -> None:
    """Each verb that the server refuses tells what the user lacks, and nothing is changed."""
    backend = reader.open(folder.expectation.stuck_after_s)
    jobs = list(backend.inspector.page(PageRequest(limit=1000), Limits()).jobs)
    before = folder.store.dump(reader.url)
    for verb, states in backend.inspector.capabilities.applies.items():
        targets = [Target(job.ref) for job in jobs if job.state in states]
        for result in backend.operator.apply(Act(verb, "tester"), targets, Limits()):
            assert result.outcome in (Outcome.FAILED, Outcome.SKIPPED)
            told = any(words in result.note for words in ("refused the right", "may only be read"))
            assert result.outcome is Outcome.SKIPPED or told, result
    assert folder.store.dump(reader.url) == before


@pytest.mark.parametrize("lacking", ["zrem", "del", "lrem"])
def test_a_right_that_is_missing_in_the_middle_leaves_all_as_it_was(
    fresh: Capture, folder: Folder, lacking: str
) -> None:
    """Of a user who may write but lacks one command, each act is done whole or refused whole: no job stands in two places."""
    parts = urlsplit(fresh.url)
    with redis_client(fresh.url) as client:
        client.acl_setuser(
            READER,
            enabled=True,
            passwords=["+word"],
            keys=["*"],
            categories=["+@all"],
            commands=[f"-{lacking}"],
            reset=True,
        )
        by_user = replace(fresh, url=parts._replace(netloc=f"{READER}:word@{parts.netloc}").geturl(), opened=[])
        backend = by_user.open(folder.expectation.stuck_after_s)
        before = folder.store.dump(fresh.url)
        for verb, states in backend.inspector.capabilities.applies.items():
            listed = backend.inspector.page(PageRequest(limit=1000), Limits()).jobs
            for job in {job.state: job for job in listed if job.state in states}.values():
                (result,) = backend.operator.apply(Act(verb, "tester"), [Target(job.ref)], Limits())
                after = folder.store.dump(fresh.url)
                assert (after != before) == (result.outcome is Outcome.DONE), result
                before = after
        by_user.close()
        client.acl_deluser(READER)
