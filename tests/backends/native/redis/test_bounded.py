"""What a console asks of the server: a few bounded commands, whatever the number of jobs."""

from __future__ import annotations

from typing import Any

import redis

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Verb
from queuetui.model.job import Ending
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.conformance.scenes import LIMITS, act_done, add, card, claim, ending, ids, new_job, select

FILTERS = (
    "",
    "state:failed",
    "queue:mail",
    "state:pending,failed queue:mail,import",
    "is:stuck",
    "type:Send",
    "sort:-updated",
)
UNBOUNDED = ("keys", "scan", "sscan", "hscan", "zscan", "smembers", "sort", "dbsize", "randomkey")
PAGE = 20
# A minute that ends between two ticks is read once more, by each of them.
SLACK = 10


def tick(backend: NativeBackend) -> None:
    """Read what a console reads, for every kind of filter."""
    for text in FILTERS:
        backend.inspector.snapshot(Watch(page=PageRequest(parse_query(text), PAGE)))


def calls_of(client: redis.Redis, backend: NativeBackend) -> dict[str, int]:
    """Return how often each command was run by a tick; the first one of all teaches the server its scripts."""
    tick(backend)
    client.config_resetstat()
    tick(backend)
    stats: dict[str, Any] = client.info("commandstats")
    return {name.removeprefix("cmdstat_"): value["calls"] for name, value in stats.items()}


def populate(backend: NativeBackend, count: int) -> None:
    """Add as many jobs of each kind."""
    for queue in ("mail", "import"):
        add(backend, count, queue=queue)
        lease, claimed = claim(backend, count // 2, queue)
        backend.jobs.step(lease.id, [ending(job, Ending.FAILED) for job in claimed], 0)
        backend.jobs.close_lease(lease.id)


def test_a_tick_walks_no_keyspace(client: redis.Redis, backend: NativeBackend) -> None:
    """No command of a tick goes over all keys or a whole set."""
    backend.jobs.register(card("w1", "mail"))
    populate(backend, 40)
    calls = calls_of(client, backend)
    # A frame and its page; a filter or an order that is judged here reads the jobs that it shows once more.
    assert calls["evalsha"] == 2 * len(FILTERS) + 2
    assert not set(UNBOUNDED) & set(calls)


def test_a_page_costs_the_same_among_many_jobs(client: redis.Redis, backend: NativeBackend) -> None:
    """Ten times the jobs do not make counts and pages by state and queue read more."""
    tick(backend)
    sizes = []
    served = [text for text in FILTERS if "type" not in text and "sort" not in text]
    for count in (100, 900):
        populate(backend, count)
        client.config_resetstat()
        for text in served:
            backend.inspector.snapshot(Watch(page=PageRequest(parse_query(text), PAGE)))
        stats: dict[str, Any] = client.info("commandstats")
        sizes.append(sum(value["calls"] for value in stats.values()))
    assert sizes[1] <= sizes[0] + SLACK


def test_pages_go_on_among_jobs_of_one_moment(backend: NativeBackend) -> None:
    """Jobs enqueued by one call share their time; pages still show each of them once, forward and back."""
    sent = add(backend, 700, queue="mail")
    for text in ("", "state:pending", "queue:mail"):
        assert sorted(ids(select(backend, text, size=37))) == sorted(sent)
    forward = ids(select(backend, "state:pending", size=100))
    page = backend.inspector.page(PageRequest(parse_query("state:pending"), 100, backward=True), LIMITS)
    back = ids(list(page.jobs))
    while page.has_more:
        page = backend.inspector.page(PageRequest(parse_query("state:pending"), 100, page.first, backward=True), LIMITS)
        back = ids(list(page.jobs)) + back
    assert back == forward


def test_a_page_says_how_far_it_looked(backend: NativeBackend) -> None:
    """A filter that no sorted set serves looks at a bounded part, says so, and goes on from there."""
    add(backend, 5_200, type="Dull")
    (rare,) = add(backend, 1, type="Rare", delay_s=3600)
    add(backend, 10, type="Dull", delay_s=7200)
    first = backend.inspector.page(PageRequest(parse_query("type:Rare is:waiting"), 5), LIMITS)
    assert first.has_more
    assert any("5,000" in note for note in first.notes)
    second = backend.inspector.page(PageRequest(parse_query("type:Rare is:waiting"), 5, first.last), LIMITS)
    assert [*ids(list(first.jobs)), *ids(list(second.jobs))] == [rare]


def test_a_correlation_id_is_looked_up(client: redis.Redis, backend: NativeBackend) -> None:
    """The jobs of a correlation id are found among any number of others, with the job that began it, and none is left listed."""
    root = add(backend, 1)[0]
    backend.jobs.enqueue([new_job(correlation_id=root), new_job(correlation_id="other")])
    own = new_job()
    backend.jobs.enqueue([own._replace(correlation_id=own.id)])
    add(backend, 600)
    tick(backend)
    client.config_resetstat()
    found = select(backend, f"correlation:{own.id}")
    assert client.info("commandstats")["cmdstat_evalsha"]["calls"] <= 3
    assert ids(found) == [own.id]
    (child,) = select(backend, f"correlation:{root}")
    assert child.correlation_id is not None
    act_done(backend, Verb.DELETE, child.ref.id)
    assert select(backend, f"correlation:{root}") == []
    assert client.exists(f"{{queuetui}}:corr:{root}") == 0
