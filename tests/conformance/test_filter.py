"""Filters: every backend finds exactly the jobs that the model's own rule finds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings

from queuetui.backends.backend import NativeBackend
from queuetui.model.errors import BadQuery
from queuetui.model.job import Job
from queuetui.model.page import Handling, PageRequest
from queuetui.model.query import FIELDS, Query, Term
from queuetui.model.query_match import matches
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Snapshot
from queuetui.model.stuck import is_stuck
from queuetui.model.waiting_queues import judge_waiting
from tests.conformance.population import STEADY
from tests.conformance.queries import queries
from tests.conformance.scenes import ids, select, snapshot
from tests.conftest import CAMPAIGN

SOME_OF_ALL = {
    "id:*": None,
    "state:failed": 2,
    "state:failed,cancelled": None,
    "-state:failed": None,
    "queue:mail,import": None,
    "type:Send*": None,
    "name:Weekly*": 1,
    "worker:web-1-77": 3,
    "key:news-7": 1,
    "correlation_id:req-1": 1,
    "tag:vip": 1,
    'error~"TIMED out"': 2,
    "fingerprint:*": None,
    "data~a-1042": 1,
    "payload~needle": 1,
    "payload.user.id:42": 2,
    "payload.items.0.sku:A-1042": 1,
    "payload.n>=5": 2,
    "priority>=10": None,
    "attempts:3": 1,
    "max_attempts:9": 1,
    "lost>0": 1,
    "age<1h": None,
    "running<1h": 4,
    "waiting<1h": None,
    "created>2001-01-01": None,
    "scheduled>2001-01-01": None,
    "started>2001-01-01": None,
    "completed<2999-01-01": 5,
    "updated>2001-01-01": None,
    "is:stuck": 6,
    "is:live": None,
    "is:final": 5,
    "is:waiting": None,
    "is:cancelling": 1,
    "needle": 1,
    "-is:live state:failed": 2,
}


@dataclass(frozen=True)
class Expected:
    """The population read once, whole, and judged by the model's own rule."""

    jobs: tuple[Job, ...]
    picture: Snapshot

    def ids(self, query: Query) -> set[str]:
        """Return the jobs that match."""
        unpaused = [queue.name.raw for queue in self.picture.queues if queue.paused_at is None]
        waiting = judge_waiting(unpaused, (), self.picture.workers, self.picture.now, STEADY)

        def judge(job: Job) -> bool:
            return is_stuck(job, self.picture.now, STEADY, waiting)

        return {job.ref.id for job in self.jobs if matches(query, job, self.picture.now, judge)}


@pytest.fixture(scope="module")
def expected(population: NativeBackend) -> Expected:
    """The whole population."""
    return Expected(tuple(population.inspector.get(job_id) for job_id in ids(select(population))), snapshot(population))


def found_ids(backend: NativeBackend, query: Query) -> set[str]:
    """Return the jobs that the backend finds, checking that its total agrees."""
    page = backend.inspector.page(PageRequest(query, 1000), STEADY)
    found = ids(list(page.jobs))
    assert len(found) == len(set(found)) == page.total.value
    return set(found)


def test_filters_find_what_they_say(population: NativeBackend, expected: Expected) -> None:
    """Each field of the language finds its jobs, no others, and not simply all or none; negated it finds exactly the rest."""
    everything = set(ids(select(population)))
    for text, count in SOME_OF_ALL.items():
        query = parse_query(text)
        found = found_ids(population, query)
        assert found == expected.ids(query), text
        assert found, text
        assert count is None or len(found) == count, text
        if len(query.terms) == 1:
            opposite = Query((replace(query.terms[0], negated=not query.terms[0].negated),))
            assert found_ids(population, opposite) == everything - found, text


def test_every_field_is_tried() -> None:
    """The examples above leave out no field that a filter may name."""
    tried = {term.field for text in SOME_OF_ALL for term in parse_query(text).terms}
    assert set(FIELDS) - tried == {"sort"}


def test_filters_agree_with_the_model(population: NativeBackend, expected: Expected) -> None:
    """On a varied population every filter made at random finds what the model's rule finds."""
    is_campaign = settings.get_current_profile_name() == CAMPAIGN

    @settings(max_examples=400 if is_campaign else 40, deadline=None, database=None)
    @given(query=queries())
    def compare(query: Query) -> None:
        assert found_ids(population, query) == expected.ids(query)

    compare()


def test_each_term_has_its_plan(population: NativeBackend) -> None:
    """A backend tells for every term of a filter how it is answered, in order, and why where it is not pushed down."""
    query = parse_query('state:failed error~"timed out" payload.user.id:42 -is:stuck word')
    plan = population.inspector.plan(query)
    assert [planned.term for planned in plan] == list[Term](query.terms)
    assert all(planned.why for planned in plan if planned.handling is not Handling.PUSHED)


FAR_OFF = (
    "type:a\x00b",
    "\x00",
    "id:\x00",
    "tag~\x00",
    "payload.\x00:1",
    "age<1000d",
    "age>36500d",
    "created>0001-01-01",
)


def test_no_filter_breaks_the_store(population: NativeBackend, expected: Expected) -> None:
    """A value that no store could hold, or a time far off, is answered or refused as a bad filter."""
    for text in FAR_OFF:
        query = parse_query(text)
        try:
            found = found_ids(population, query)
        except BadQuery:
            found = set()
        assert found == expected.ids(query), text
