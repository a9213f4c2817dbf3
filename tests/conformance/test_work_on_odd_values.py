"""Values that another hand wrote into a store: a worker does what stands around them, leaves the rest and says so once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.native.redis.backend import RedisBackend
from queuetui.backends.native.sql.backend import SqlBackend
from queuetui.model.act import Outcome, Verb
from queuetui.model.errors import Unsupported
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from queuetui.model.verdict import Code
from queuetui.monitor.feed import RULES, Feed
from tests.conformance.rule_scenes import limit, rules_of
from tests.conformance.scenes import MOMENT_S, act_done, act_on, add, add_one, claim, claim_and_vanish, run, state_of
from tests.conformance.stores import Store
from tests.conformance.test_odd_values import DEEP, ODD, SQL, keys, prefix_of, put, write
from tests.engine.working import Told, WorkerThread, declare_handler
from tests.waiting import wait_until

__all__ = ["keys"]
ODD_RULES = (
    *("{", "5", "null", "[5]", DEEP, '{"limits": 5}', '{"limits": [5]}', '{"limits": [{"concurrency": "x"}]}'),
    *(
        '{"limits": [{"count": 1}]}',
        '{"limits": [{"concurrency": -1}]}',
        '{"limits": [{"count": 1, "period_us": 1e300}]}',
    ),
    *('{"ageing_us": "x"}', '{"ageing_us": 1e999}', '{"ageing_us": true}', '{"limits": {"a": 5}}'),
)
ODD_STARTS = ("{", "5", '{"": 5}', '{"": [5]}', '{"": [["a", "b"]]}', '{"": [[1]]}', DEEP)


@pytest.fixture
def told() -> Iterator[Told]:
    """What workers say."""
    heard = Told()
    heard.listen()
    yield heard
    heard.forget()


def put_rules(backend: NativeBackend, store: Store, keys: Any, field: str, value: str) -> None:
    """Write what is stored of the rules of queue `odd` by hand."""
    if isinstance(backend, SqlBackend):
        assert write(backend, f"update queuetui_queue set {field} = :value where name = 'odd'", value=value)
    else:
        keys.hset(prefix_of(store) + "q:odd", field, value)


@pytest.fixture
def by_hand(store: Store, request: pytest.FixtureRequest) -> Any:
    """The driver's own view of a store on Redis; nothing elsewhere."""
    return request.getfixturevalue("keys") if store.url.startswith("redis") else None


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mysql", "redis"])
def test_unreadable_rules_are_those_of_one_queue(store: Store, by_hand: Any, told: Told) -> None:
    """They alone are named, the others are listed; a worker takes nothing under them, says so once, and does all other jobs."""
    backend = store.open()
    assert isinstance(backend, SqlBackend | RedisBackend)
    job_type = declare_handler(lambda: None)
    limit(backend, "mail", concurrency=5)
    limit(backend, "odd", concurrency=5)
    left = add_one(backend, type=job_type, queue="odd")
    feed = Feed(backend, Limits())
    for place, text in enumerate(ODD_RULES, 1):
        put_rules(backend, store, by_hand, "rules", text)
        add(backend, 3, type=job_type, queue="mail")
        uses = {use.queue: use for use in rules_of(backend).rules_in_use()}
        assert ("cannot be read" in uses["odd"].problem, uses["mail"].problem) == (True, ""), text
        assert len(uses["mail"].rules.limits) == 1
        problem = feed.poll(Watch()).problems[RULES]
        assert ("'odd'" in problem, "mail" in problem) == (True, False)
        assert feed.open(left).verdict.code is Code.RULES_UNREADABLE
        assert WorkerThread(backend, burst=True).wait().jobs == 3, text
        assert len(told.of("queue_left")) == place, text
    limit(backend, "odd", clear=True)
    assert WorkerThread(backend, burst=True).wait().jobs == 1
    assert RULES not in feed.poll(Watch()).problems


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mysql", "redis"])
def test_unreadable_starts_let_a_rate_begin_anew(store: Store, by_hand: Any) -> None:
    """What another hand wrote over the starts that a rate counts, fails no claim."""
    backend = store.open()
    assert isinstance(backend, SqlBackend | RedisBackend)
    job_type = declare_handler(lambda: None)
    limit(backend, "odd", rate="1000/1h")
    for text in ODD_STARTS:
        put_rules(backend, store, by_hand, "begun", text)
        add_one(backend, type=job_type, queue="odd")
        assert WorkerThread(backend, burst=True).wait().jobs == 1, text


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mysql", "redis"])
@pytest.mark.parametrize("name", ["schema", "minimum_client"])
def test_a_meta_that_is_no_number_is_refused_by_name(store: Store, by_hand: Any, name: str) -> None:
    """What the queue needs of who uses it is not guessed."""
    backend = store.open()
    for text in ("", "x\x1b[2J", "9" * 5000):
        if isinstance(backend, SqlBackend):
            assert write(backend, "update queuetui_meta set value = :value where name = :name", value=text, name=name)
        else:
            by_hand.hset(prefix_of(store) + "meta", name, text)
        with pytest.raises(Unsupported, match=f"as {name}, which is no number"):
            backend.schema.pending()


@pytest.mark.parametrize("kind", SQL)
@pytest.mark.parametrize("ruled", [False, True])
def test_a_worker_goes_on_beside_odd_jobs(store: Store, told: Told, ruled: bool) -> None:
    """Each column of a pending job holds each odd value that the store takes, with a usual job behind it, which is done."""
    backend = store.open()
    assert isinstance(backend, SqlBackend)
    job_type = declare_handler(lambda: None, max_attempts=1)
    cases = [(column, value) for column, values in ODD.items() for value in values]
    usual = {}
    for number, (column, value) in enumerate(cases):
        queue = f"q{number}"
        if ruled:
            limit(backend, queue, concurrency=5)
        odd, usual[queue] = add(backend, 2, type=job_type, queue=queue, max_attempts=1)
        put(backend, "queuetui_job", column, value, odd)
    WorkerThread(backend, burst=True).wait()
    assert told.of("queue_left") == []
    for queue, job_id in usual.items():
        assert backend.inspector.get(job_id).state is State.COMPLETED, cases[int(queue[1:])]


@pytest.mark.parametrize("kind", SQL)
def test_counts_end_at_the_bound_of_their_columns(store: Store) -> None:
    """A job whose counts are as high as the store can hold is lost, tried again and failed as any other, and so are those beside it."""
    backend = store.open()
    assert isinstance(backend, SqlBackend)
    most = 2**63 - 1 if backend.database.dialect == "sqlite" else 2**31 - 1
    full, usual = add(backend, 2, max_attempts=5)
    for column in ("attempts", "lost", "lost_alone"):
        assert put(backend, "queuetui_job", column, most, full)
    for column in ("fence", "rev"):
        assert put(backend, "queuetui_job", column, 2**63 - 1, full)
    claim_and_vanish(backend, 2)
    wait_until(lambda: (backend.jobs.sweep(100), state_of(backend, full) is not State.PROCESSING)[1])
    run(backend)
    wait_until(lambda: (backend.jobs.sweep(100), state_of(backend, usual) is not State.PROCESSING)[1])
    job = backend.inspector.get(full)
    assert (job.lost, job.state is State.PROCESSING) == (most, False)
    act_done(backend, Verb.RETRY, full)
    run(backend)
    assert state_of(backend, full) is State.COMPLETED


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("ruled", [False, True])
def test_a_worker_leaves_what_has_no_id(store: Store, told: Told, ruled: bool) -> None:
    """An id that is no UUID could never be acknowledged: its job stays pending, however many there are, and it is said once."""
    backend = store.open()
    assert isinstance(backend, SqlBackend)
    job_type = declare_handler(lambda: None)
    if ruled:
        limit(backend, concurrency=5)
    ids = add(backend, 30, type=job_type)
    for number, job_id in enumerate(ids[:20]):
        stored = bytes(number) if number != 16 else bytes(99)
        assert write(
            backend,
            "update queuetui_job set id = :odd where id = :id",
            odd=stored,
            id=bytes.fromhex(job_id.replace("-", "")),
        )
    assert WorkerThread(backend, burst=True).wait().jobs == 10
    assert [one["queue"] for one in told.of("queue_left")] == ["default"]
    with backend.database.reading("counting by hand") as connection:
        assert connection.exec_driver_sql("select count(*) from queuetui_job where state = 1").scalar() == 20
    page = Feed(backend, Limits()).poll(Watch(page=PageRequest())).snapshot.page
    assert page is not None
    picture = Feed(backend, Limits()).poll(Watch(page=PageRequest()))
    assert [one.code for one in picture.verdicts.values()].count(Code.BLOCKED) == 20
    assert sum(any("no worker takes it" in remark for remark in job.remarks) for job in page.jobs) == 20


@pytest.mark.parametrize("kind", ["redis"])
@pytest.mark.parametrize("ruled", [False, True])
def test_a_worker_passes_over_jobs_that_it_cannot_read(store: Store, keys: Any, told: Told, ruled: bool) -> None:
    """At the head of a queue, in the middle, alone on a level, cut or gone: they stay listed, others are done, it is said once."""
    backend, records = store.open(), prefix_of(store) + "j"
    job_type = declare_handler(lambda: None)
    if ruled:
        limit(backend, concurrency=50)
    ids = add(backend, 40, type=job_type)
    high = add(backend, 3, type=job_type, priority=5)
    odd = [*ids[:10], *ids[20:25], *high]
    for number, job_id in enumerate(odd):
        field = job_id.replace("-", "")
        packed = keys.hget(records, field)
        keys.hset(records, field, packed[: number * 7]) if number != 4 else keys.hdel(records, field)
    assert WorkerThread(backend, burst=True).wait().jobs == 25
    assert [one["queue"] for one in told.of("queue_left")] == ["default"]
    assert all(backend.inspector.get(one).state is State.COMPLETED for one in (set(ids) - set(odd)))
    page, _ = Feed(backend, Limits()).page(PageRequest(limit=100))
    assert {job.ref.id for job in page.jobs if job.remarks} == set(odd)
    added = add(backend, 5, type=job_type)
    assert WorkerThread(backend, burst=True).wait().jobs == 5
    assert backend.inspector.get(added[-1]).state is State.COMPLETED


@pytest.mark.parametrize("kind", ["redis"])
def test_a_run_whose_record_is_written_over_fails_no_other(store: Store, keys: Any, told: Told) -> None:
    """Its ending is left out, the endings beside it are written, and the worker goes on."""
    backend = store.open()

    def write_over() -> None:
        keys.hset(prefix_of(store) + "j", first.replace("-", ""), b"odd")

    spoiled, usual = declare_handler(write_over), declare_handler(lambda: None)
    first = add_one(backend, type=spoiled)
    others = add(backend, 5, type=usual)
    WorkerThread(backend, burst=True).wait()
    assert all(backend.inspector.get(one).state is State.COMPLETED for one in others)
    assert "cannot be read" in backend.inspector.get(first).remarks[0]
    (result,) = act_on(backend, Verb.DELETE, first)
    assert (result.outcome, "cannot be read" in result.note) == (Outcome.SKIPPED, True)


@pytest.mark.parametrize("kind", ["redis"])
def test_upkeep_goes_on_beside_jobs_that_cannot_be_read(store: Store, keys: Any) -> None:
    """One that is due, one whose lease is over or closed, and one that has ended keep nobody from seeing to the others."""
    backend = store.open({"native.keep_completed": "0"})

    def write_over(job_id: str) -> None:
        keys.hset(prefix_of(store) + "j", job_id.replace("-", ""), b"odd")

    ended = add(backend, 3)
    for _ in ended:
        run(backend)
    write_over(ended[0])
    pruned = 0

    def prune() -> bool:
        nonlocal pruned
        pruned += backend.jobs.prune(100)
        return pruned >= len(ended)

    wait_until(prune)
    due = add(backend, 3, delay_s=MOMENT_S)
    write_over(due[0])
    wait_until(lambda: (backend.jobs.promote(100), all(state_of(backend, one) is State.PENDING for one in due[1:]))[1])
    _, claimed = claim_and_vanish(backend, 2)
    write_over(claimed[0].id)
    assert [one.job_id for one in backend.jobs.sweep(100)] == [claimed[1].id]
    assert backend.jobs.sweep(100) == ()
    keys.hset(prefix_of(store) + "ls", "of another hand", "{")
    assert backend.jobs.sweep(100) == ()
    lease, held = claim(backend, 1)
    write_over(held[0].id)
    backend.jobs.close_lease(lease.id)
    assert backend.inspector.snapshot(Watch()).workers == ()
    odd = {ended[0], due[0], claimed[0].id, held[0].id}
    page, _ = Feed(backend, Limits()).page(PageRequest(limit=100))
    assert {job.ref.id for job in page.jobs if job.remarks} == odd
