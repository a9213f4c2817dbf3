"""Values that another hand wrote into a store: a console shows all that stands around them, and says what is odd about a job."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from queuetui.backends.backend import NativeBackend
from queuetui.backends.native.redis.backend import RedisBackend
from queuetui.backends.native.sql.backend import SqlBackend
from queuetui.cli.main import run as run_line
from queuetui.model.act import Verb
from queuetui.model.errors import QueueTuiError
from queuetui.model.event import EventRequest
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from queuetui.monitor.feed import Detail, Feed
from queuetui.tui.present.detail import TAB_NAMES, tab_lines
from tests.conformance.population import populate
from tests.conformance.scenes import act_done, act_on, add, add_one, card, claim
from tests.conformance.stores import Store

DEEP = "[" * 100_000
JSON_TEXTS = ("", "{", "5", "null", '{"a": 1}', '["x", 7]', "[" + "9" * 5000 + "]", "[1e999]", DEEP)
TEXTS = ("", "\x01\x1b[2J", "x" * 70_000, DEEP)
NUMBERS = (-1, 99, -32768, 2**31 - 1, 2**62, -(2**62))
ODD: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("tags", "needs"), JSON_TEXTS),
    **dict.fromkeys(("priority", "fence", "rev", "timeout_ms", "attempts", "max_attempts", "lost", "state"), NUMBERS),
    **dict.fromkeys(("type", "name", "worker_id", "correlation_id", "progress", "error_class"), TEXTS),
    **dict.fromkeys(("error_message", "error_traceback"), TEXTS),
    "payload": (b"", b"\xff\x00", DEEP.encode(), b"9" * 5000),
}
# Where a job is read: all of them, sorted by an index and by us, searched by the store and by us.
READS = ("", "sort:created", "sort:attempts", "attempts>=-5", "payload.a:5", "word", "is:live", "is:stuck")
SQL = ("sqlite", "postgresql", "mysql")


def every_look(backend: NativeBackend, ids: list[str], reads: Sequence[str] = READS) -> dict[str, Detail]:
    """Look at a store in every way that a console does; return its jobs that are there."""
    feed = Feed(backend, Limits())
    for query in reads:
        page, verdicts = feed.page(PageRequest(parse_query(query), 500))
        assert set(verdicts) == {job.ref.id for job in page.jobs}
    snapshot = feed.poll(Watch(page=PageRequest(parse_query(""), 500), events=EventRequest())).snapshot
    assert snapshot.page is not None
    found = {job.ref.id for job in snapshot.page.jobs}
    assert found.issuperset(ids)
    # What the tab All counts is no less than what it lists.
    assert snapshot.total.value == snapshot.page.total.value == len(found)
    feed.usage(60)
    details = {job_id: feed.open(job_id, events=20) for job_id in ids}
    for detail in details.values():
        assert all(tab_lines(name, detail, snapshot.now, snapshot.workers) for name in TAB_NAMES)
    return details


def write(backend: SqlBackend, statement: str, **values: Any) -> bool:
    """Write by hand; tell whether the store took it."""
    try:
        with backend.database.writing("writing by hand") as connection:
            connection.execute(text(statement), values)
    except (QueueTuiError, SQLAlchemyError):
        return False
    return True


def put(backend: SqlBackend, table: str, column: str, value: Any, job_id: str) -> bool:
    """Write one value of a job; tell whether the store took it."""
    is_postgresql = backend.database.dialect == "postgresql"
    place = "cast(:id as uuid)" if is_postgresql else ":id"
    new = "cast(:value as jsonb)" if is_postgresql and column in {"tags", "needs"} else ":value"
    stored = job_id if is_postgresql else bytes.fromhex(job_id.replace("-", ""))
    return write(backend, f"update {table} set {column} = {new} where id = {place}", value=value, id=stored)


@pytest.mark.parametrize("kind", SQL)
@pytest.mark.parametrize("table", ["queuetui_job", "queuetui_job_done"])
def test_an_odd_job_fails_no_other(store: Store, table: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each column of a job holds each odd value that the store takes: all jobs are listed, shown and counted, also as JSON."""
    backend = store.open()
    assert isinstance(backend, SqlBackend)
    # Each job holds the values that stand at one place of every column's; an odd state says so alone.
    alone = len(max(ODD.values(), key=len))
    cases = [
        (column, value, place + alone * (column == "state"))
        for column, values in ODD.items()
        for place, value in enumerate(values)
    ]
    ids = add(backend, alone + len(ODD["state"]) + 1)
    if table == "queuetui_job_done":
        for job_id in ids:
            act_done(backend, Verb.CANCEL, job_id)
    took = [case for case in cases if put(backend, table, *case[:2], ids[case[2]])]
    assert len(took) > len(cases) / 2
    details = every_look(backend, ids)
    assert details[ids[-1]].job.remarks == ()
    for column, value, place in cases:
        job = details[ids[place]].job
        said = "; ".join(job.remarks)
        if column == "state" and (column, value, place) in took:
            assert (job.state, str(value) in said) == (State.BLOCKED, True)
        elif column == "tags" and value in {"{", "5", DEEP} and (column, value, place) in took:
            assert "its tags are stored as something else" in said
        elif column in {"attempts", "max_attempts", "lost"} and value == -1:
            assert "below zero" in said
    for line in (("jobs", "--json", "-n", "500"), ("stats", "--json"), ("show", ids[0], "--json"), ("why", ids[0])):
        assert run_line([*line, "--url", store.url, "--kind", "native"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("kind", SQL)
def test_an_act_on_a_job_without_a_state_only_deletes(store: Store) -> None:
    """It cannot be cancelled or retried, which says why; it can be deleted, and its record keeps what was stored."""
    backend = store.open()
    assert isinstance(backend, SqlBackend)
    odd = add_one(backend)
    assert put(backend, "queuetui_job", "state", 99, odd)
    for verb in (Verb.CANCEL, Verb.RETRY, Verb.RELEASE):
        (refused,) = act_on(backend, verb, odd)
        assert "stored state" in refused.note
    assert '"state": 99' in (act_done(backend, Verb.DELETE, odd).before or "")


COLUMNS = {
    "queuetui_worker": ("queues", "types", "tags", "slots", "pid", "host", "rss", "started_at"),
    "queuetui_queue": ("paused_by", "rules", "begun"),
    "queuetui_tally": ("completed", "busy_us", "took_00", "type"),
    "queuetui_event": ("kind", "detail", "attempt", "fence", "actor"),
    "queuetui_attempt": ("outcome", "error_class", "worker_id"),
    "queuetui_run_note": ("counted", "cpu_us", "log"),
    "queuetui_job_key": ("key",),
}


@pytest.mark.parametrize("kind", SQL)
def test_an_odd_row_beside_the_jobs_fails_none(store: Store) -> None:
    """Each table that a console reads holds odd values in all its rows, three times others, by a fixed seed: the jobs are shown."""
    backend = store.open()
    assert isinstance(backend, SqlBackend)
    populate(backend)
    ids = add(backend, 2)
    chance = random.Random(11)
    odd = [*JSON_TEXTS, *NUMBERS, *TEXTS]
    is_postgresql = backend.database.dialect == "postgresql"
    took = 0
    for table, columns in COLUMNS.items():
        for _ in range(3):
            for column, value in zip(columns, chance.sample(odd, len(columns)), strict=True):
                new = "cast(:value as jsonb)" if is_postgresql and column in {"queues", "types", "tags"} else ":value"
                took += write(backend, f"update {table} set {column} = {new}", value=value)
            every_look(backend, ids, ())
    assert took > 20


@pytest.fixture
def keys(store: Store, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The driver's own view of a store on Redis, and the prefix of its keys."""
    import redis

    with redis.Redis.from_url(store.url.partition("?")[0], protocol=2) as client:
        yield client


def prefix_of(store: Store) -> str:
    return "{" + store.url.partition("namespace=")[2] + "}:"


@pytest.mark.parametrize("kind", ["redis"])
def test_an_odd_value_of_a_job_fails_no_other(store: Store, keys: Any) -> None:
    """A job's packed value is cut, has bytes changed by a fixed seed, or is missing; its place has an odd score."""
    backend, prefix = store.open(), prefix_of(store)
    ids = add(backend, 120, tags=("a",))
    chance = random.Random(7)
    for number, job_id in enumerate(ids[:-1]):
        field = job_id.replace("-", "")
        packed = bytearray(keys.hget(prefix + "j", field))
        if number < 20:
            packed = packed[: number * 5]
        else:
            for _ in range(1 + number % 4):
                packed[chance.randrange(len(packed))] = chance.randrange(256)
        keys.hset(prefix + "j", field, bytes(packed))
    for score, job_id in zip(("inf", "-inf", "-5", "1.5e300", "1e18"), ids, strict=False):
        keys.zadd(prefix + "all", {job_id.replace("-", ""): score})
    state = add_one(backend)
    packed = keys.hget(prefix + "j", state.replace("-", ""))
    keys.hset(prefix + "j", state.replace("-", ""), b"\x63" + packed[1:])
    details = every_look(backend, ids)
    assert details[ids[-1]].job.remarks == ()
    assert "cannot be read" in details[ids[0]].job.remarks[0]
    assert "its state is stored as 99" in backend.inspector.get(state).remarks[0]
    keys.hdel(prefix + "j", ids[-2].replace("-", ""))
    feed = Feed(backend, Limits())
    page, _ = feed.page(PageRequest(parse_query(""), 500))
    (missing,) = [job for job in page.jobs if job.ref.id == ids[-2]]
    assert "nothing is stored of it" in missing.remarks[0]


@pytest.mark.parametrize("kind", ["redis"])
def test_a_key_of_another_kind_counts_as_empty_and_is_named(store: Store, keys: Any) -> None:
    """Whichever key of the namespace holds another kind of value: what else there is, is shown, and a problem names the key."""
    backend, prefix = store.open(), prefix_of(store)
    assert isinstance(backend, RedisBackend)
    populate(backend)
    backend.jobs.register(card("w9", "mail"))
    feed = Feed(backend, Limits())
    watch = Watch(page=PageRequest(parse_query(""), 500), events=EventRequest())
    whole = len(feed.poll(watch).snapshot.page.jobs)  # type: ignore[union-attr]  # it was asked for
    named = 0
    for name in sorted(keys.scan_iter(prefix + "*")):
        if name == (prefix + "meta").encode():
            continue
        kept = keys.dump(name)
        keys.delete(name)
        keys.set(name, "odd") if keys.type(name) != b"string" and not kept.startswith(b"\x00") else keys.rpush(
            name, "odd"
        )
        picture = feed.poll(watch)
        named += "keys" in picture.problems
        page = picture.snapshot.page
        assert page is not None
        assert name in {(prefix + one).encode() for one in ("all", "j")} or len(page.jobs) == whole, name
        keys.delete(name)
        keys.restore(name, 0, kept)
    assert named > 10


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_text_that_is_not_utf8_keeps_nobody_from_the_others(store: Store) -> None:
    """SQLite takes any bytes as a text: what has them as its queue or type is listed, and a worker goes on with the others."""
    backend = store.open()
    assert isinstance(backend, SqlBackend)
    odd, typed, usual = add(backend, 3)
    for column, job_id in (("queue", odd), ("type", typed)):
        statement = f"update queuetui_job set {column} = cast(x'fffe' as text) where id = :id"
        assert write(backend, statement, id=bytes.fromhex(job_id.replace("-", "")))
    seen = every_look(backend, [odd, typed, usual])
    assert "its queue is stored with bytes that are no text" in seen[odd].job.remarks[0]
    assert "its type is stored with bytes that are no text" in seen[typed].job.remarks[0]
    assert seen[usual].job.remarks == ()
    assert "default" in backend.jobs.queues_ready(None)
    assert {job.id for job in claim(backend, 9)[1]} == {typed, usual}
