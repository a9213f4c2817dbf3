"""Huey's tables as peewee makes them: read in a file, told of on a server."""

from __future__ import annotations

import json

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover, find_systems
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import Denied
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from tests.backends.captures import FIXTURES, Capture, query
from tests.captures.stores import STORES

_MILLISECONDS = """
alter table schedule rename to seconds;
create table schedule (id integer primary key, queue text not null, data blob not null, timestamp integer not null);
insert into schedule select id, queue, data, cast(timestamp * 1000 as integer) from seconds;
drop table seconds;
"""
_ON_A_SERVER = """
create table task (id serial primary key, queue text, data bytea, priority real);
create table schedule (id serial primary key, queue text, data bytea, timestamp bigint);
create table kv (queue text, key text, value bytea);
"""


def test_a_task_is_brought_forward_in_milliseconds(sqlite_url: str) -> None:
    """The schedule's time is moved by as much as the message's own, in its own unit, to whole numbers."""
    path = FIXTURES / "huey"
    STORES["dump.sqlite.sql"].load(path / "dump.sqlite.sql", sqlite_url)
    for statement in filter(str.strip, _MILLISECONDS.split(";")):
        query(sqlite_url, statement)
    capture = Capture("huey", sqlite_url, json.loads((path / "truth.sqlite.json").read_text(encoding="utf-8")))
    backend = capture.open(1)
    jobs = backend.inspector.page(PageRequest(parse_query("state:scheduled,retrying")), Limits()).jobs
    before = dict(query(sqlite_url, "select id, timestamp from schedule"))
    results = backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(job.ref) for job in jobs], Limits())
    assert {one.outcome for one in results} == {Outcome.DONE}
    after = dict(query(sqlite_url, "select id, timestamp from schedule"))
    ahead_ms = {
        round((job.scheduled_at - capture.captured_at).total_seconds() * 1000) - 1000
        for job in jobs
        if job.scheduled_at
    }
    moved_ms = {before[row] - after[row] for row in before if before[row] != after[row]}
    assert moved_ms
    assert all(any(abs(moved - ahead) <= 1 for ahead in ahead_ms) for moved in moved_ms)
    assert all(isinstance(one, int) for one in after.values())
    capture.close()


def test_tables_on_a_server_are_told_of(postgres_url: str) -> None:
    """They are listed with why they are not read, and refused with it."""
    query(postgres_url, _ON_A_SERVER)
    (found,) = discover(postgres_url, BackendOptions())
    assert (found.kind, "pickles" in found.refusal) == ("huey", True)
    with pytest.raises(Denied, match="pickles"):
        find_systems(postgres_url, BackendOptions())
