"""Pages of the native queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from queuetui.backends.base import iterate
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.look.inspector import SqlInspector
from queuetui.model.errors import BadQuery
from queuetui.model.job_id import new_job_id
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import Page, PageRequest
from queuetui.model.query_match import matches
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from tests.backends.native.conftest import DIALECTS, open_own_queue
from tests.backends.native.seeds import Seed, job_blob, job_key, payload

LIMITS = Limits()


def read(database: Database, query: str = "", limit: int = 100, **place: Any) -> Page:
    """Read one page of a filter."""
    return SqlInspector(database).page(PageRequest(parse_query(query), limit, **place), LIMITS)


def ids(page: Page) -> list[str]:
    """Return the ids of a page."""
    return [job.ref.id for job in page.jobs]


def walk(database: Database, query: str, limit: int) -> list[str]:
    """Return all ids of a filter, page by page."""
    return [job.ref.id for job in iterate(SqlInspector(database), parse_query(query), LIMITS, limit)]


def mixed(seed: Seed) -> list[str]:
    """Store jobs of every state in two queues, oldest first."""
    rows = []
    for number in range(24):
        state = [one for one in State if one is not State.BLOCKED][number % 7]
        at = seed.ago(1000 - number * 7)
        lived: dict[str, Any] = {"claimed_at": at} if state is State.PROCESSING else {}
        if state in {State.COMPLETED, State.FAILED, State.CANCELLED}:
            lived["done_at"] = at
        name = "mail" if number % 3 else "import"
        rows.append({"state": state, "queue": name, "due_at": at, "priority": number % 2, **lived})
    return seed.jobs(*rows)


@pytest.fixture(scope="module", params=DIALECTS)
def varied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A queue of mixed jobs, for tests that only read."""
    with open_own_queue(request, tmp_path_factory, request.param) as backend:
        mixed(Seed(backend.database, datetime.now(UTC)))
        yield backend.database


def test_all_jobs_come_newest_first(database: Database, seed: Seed) -> None:
    """A page without a filter spans both tables, newest first, and counts every job once."""
    made = mixed(seed)
    page = read(database)
    assert ids(page) == made[::-1]
    assert page.total.value == 24
    assert page.total.exactness is Exactness.EXACT
    assert not page.has_more


QUERIES = [
    "",
    "is:live",
    "is:final",
    "is:waiting",
    "queue:mail",
    "-queue:mail",
    "queue:m*",
    "state:pending",
    "state:pending queue:mail",
    "state:scheduled,retrying",
    "state:retrying",
    "state:processing",
    "state:failed,completed",
    "state:failed,pending queue:mail,import",
    "priority>0",
    "priority>0 queue:mail",
    "word",
    "-word",
    "type~SEND",
    "sort:-priority",
    "is:final sort:completed",
    "is:final sort:-completed",
    "state:scheduled,retrying sort:-scheduled",
    "sort:started",
]


@pytest.mark.parametrize("query", QUERIES)
def test_pages_join_without_gap_or_double(varied: Database, query: str) -> None:
    """Small pages, read forward or backward, hold the same jobs in the same order as one large page."""
    whole = ids(read(varied, query))
    assert walk(varied, query, 5) == whole
    back: list[str] = []
    cursor = None
    more = True
    while more:
        page = read(varied, query, 7, cursor=cursor, backward=True)
        back = ids(page) + back
        cursor, more = page.first, page.has_more
    assert back == whole


@pytest.mark.parametrize("query", QUERIES)
def test_a_page_holds_exactly_what_matches(varied: Database, query: str) -> None:
    """Whatever indexes a filter is answered by, its jobs are those that the filter's own meaning accepts."""
    everything = read(varied).jobs
    wanted = {job.ref.id for job in everything if matches(parse_query(query), job, datetime.now(UTC), lambda _: False)}
    page = read(varied, query)
    assert set(ids(page)) == wanted
    assert page.total.value == len(wanted)


def test_pending_jobs_of_a_queue_come_in_claim_order(database: Database, seed: Seed) -> None:
    """The pending jobs of a queue stand as workers will take them: priority, then due time."""
    low, late, early = seed.jobs(
        {"priority": -1, "due_at": seed.ago(900)},
        {"priority": 5, "due_at": seed.ago(10)},
        {"priority": 5, "due_at": seed.ago(20)},
    )
    assert ids(read(database, "state:pending queue:mail")) == [early, late, low]


def test_a_page_stays_whole_while_jobs_come_and_go(database: Database, seed: Seed) -> None:
    """The page behind a cursor begins behind the last row seen, whatever was added or deleted before it."""
    made = seed.jobs(*({} for _ in range(10)))
    first = read(database, limit=4)
    seed.jobs({}, {})
    second = read(database, limit=4, cursor=first.last)
    assert ids(second) == made[5:1:-1]
    assert ids(read(database, limit=4, cursor=second.first, backward=True)) == made[9:5:-1]


@pytest.mark.parametrize("cursor", ["", "x", "bnVsbA", "WyJuZXdlc3QiLDAsIng7ZHJvcCJd", "W251bGwsMCwxXQ", "é" * 10])
def test_a_cursor_that_is_not_ours_is_refused(database: Database, seed: Seed, cursor: str) -> None:
    """A cursor that was cut, forged or made for another order is a bad query, never a driver's error."""
    seed.job()
    with pytest.raises(BadQuery):
        read(database, cursor=cursor)


def test_a_cursor_of_another_order_is_refused(database: Database, seed: Seed) -> None:
    """A cursor made for one order does not place another."""
    seed.jobs({}, {}, {})
    with pytest.raises(BadQuery):
        read(database, "state:pending", cursor=read(database, limit=1).last)


def test_rows_carry_the_head_of_a_payload_only(database: Database, seed: Seed) -> None:
    """A page cuts payloads and says so, and reads the head of one that is stored elsewhere."""
    long = payload(sku="A-1", text="é" * 3000)
    large = payload(text="x" * 100_000)
    inline = seed.job(payload=long)
    apart = seed.job(payload=None, blob=True)
    seed.rows(job_blob, {"id": apart, "payload": large})
    found = {job.ref.id: job for job in read(database).jobs}
    assert found[inline].payload.raw == long.decode()[:2048]
    assert not found[inline].payload_whole
    assert found[inline].data == Untrusted("sku A-1")
    assert found[apart].payload.raw == large.decode()[:2048]
    assert not found[apart].payload_whole
    whole = SqlInspector(database).get(apart)
    assert whole.payload.raw == large.decode()
    assert whole.payload_whole


def test_a_job_is_found_by_its_names(database: Database, seed: Seed) -> None:
    """Ids, keys and correlation ids find their job alone, in either table."""
    live = seed.job(key="once", correlation_id="c-1")
    done = seed.job(state=State.COMPLETED, correlation_id="c-1")
    seed.rows(job_key, {"key": "once", "job_id": live})
    seed.job()
    assert ids(read(database, f"id:{done}")) == [done]
    assert ids(read(database, "key:once")) == [live]
    assert ids(read(database, "correlation_id:c-1")) == [done, live]
    assert ids(read(database, "id:nonsense")) == []


@pytest.mark.parametrize("text", ["payload.user.id:42", "word", 'error~"timed out"', "tag:urgent"])
def test_residual_terms_look_through_the_rows(database: Database, seed: Seed, text: str) -> None:
    """A filter that no index serves finds its job all the same and the plan says who checks it."""
    wanted = seed.job(
        payload=payload(user={"id": 42}, word="a word"),
        state=State.FAILED,
        error_class="E",
        error_message="it Timed Out",
        tags=["urgent"],
    )
    seed.jobs({}, {"state": State.FAILED, "error_class": "E", "error_message": "no"})
    assert ids(read(database, text)) == [wanted]
    (term,) = SqlInspector(database).plan(parse_query(text))
    assert "job by job" in term.why


@pytest.mark.parametrize("state", [State.PENDING, State.COMPLETED])
def test_the_first_job_of_a_correlation_is_found_with_those_after_it(
    database: Database, seed: Seed, state: State
) -> None:
    """A job that bears its own id as its correlation stands in no index by it, and is found all the same."""
    first = new_job_id()
    other = new_job_id()
    seed.jobs({"id": first, "state": state, "correlation_id": first}, {"id": other, "correlation_id": other})
    second = seed.job(correlation_id=first, state=state)
    assert set(ids(read(database, f"correlation_id:{first}"))) == {first, second}
    assert set(ids(read(database, f"correlation_id:{first},{other}"))) == {first, second, other}
    assert set(ids(read(database, f"correlation_id:{first[:-1]}*"))) >= {first, second}
    assert ids(read(database, f"correlation_id:{first} id:{first}")) == [first]
    assert ids(read(database, f"correlation_id:{second}")) == []


def test_hostile_names_stay_names(database: Database, seed: Seed) -> None:
    """Patterns and quotes in filters and rows are text to compare, never statements or wildcards."""
    odd = seed.job(type="100%_[a]'\"\\;", queue="q'--")
    seed.job(type="100xx", queue="q")
    assert ids(read(database, "type:100%_[*")) == [odd]
    assert ids(read(database, "queue:q'--")) == [odd]
    assert ids(read(database, "type:100?x")) != [odd]
