"""What earlier polls read still stands where reading all anew would cost each poll too much."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import open_backend
from queuetui.backends.native.sql.look import pages, sums
from queuetui.backends.native.sql.look.kept_counts import FEW, MOST_ROWS, ROWS_A_POLL, KeptCounts
from queuetui.backends.native.sql.look.oldest_shelf import QUEUES_A_POLL, OldestShelf
from queuetui.backends.native.sql.look.sums import add_up
from queuetui.model.act import Act, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.backends.native.seeds import Seed

THEN, NOW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 9, tzinfo=UTC)
CAP = 1_000


def test_few_rows_are_counted_at_every_poll() -> None:
    """Counts of no more rows than a poll may look at are never told from memory, nor are small ones beside large ones."""
    kept = KeptCounts()
    kept.note((number, Measured(MOST_ROWS // 10, as_of=THEN)) for number in range(10))
    assert kept.recall(range(10), CAP) == {}
    kept.note([("large", Measured(MOST_ROWS, as_of=THEN)), ("small", Measured(FEW - 1, as_of=THEN))])
    assert "small" not in kept.recall([*range(10), "large", "small"], CAP)


def test_many_rows_are_counted_in_turns() -> None:
    """A poll counts its share anew, those that stood longest first; the others stand, told as cached with the time they are of."""
    kept, places = KeptCounts(), range(30)
    kept.note((place, Measured(900, as_of=THEN)) for place in places)
    counted: list[int] = []
    for _ in range(30 // (ROWS_A_POLL // 900) + 1):
        stand = kept.recall(places, CAP)
        assert {(one.exactness, one.as_of) for one in stand.values()} <= {
            (Exactness.CACHED, THEN),
            (Exactness.CACHED, NOW),
        }
        anew = [place for place in places if place not in stand]
        assert len(anew) == ROWS_A_POLL // 900
        kept.note((place, Measured(900, as_of=NOW)) for place in anew)
        counted += anew
    assert set(counted) == set(places)
    total = add_up([Measured(1, as_of=NOW), Measured(900, Exactness.CACHED, THEN)], NOW)
    assert total == Measured(901, Exactness.CACHED, THEN)


def test_a_count_larger_than_a_share_is_counted_too() -> None:
    """One count is made anew at each poll, however many rows it is of."""
    kept = KeptCounts()
    kept.note((place, Measured(ROWS_A_POLL * 2, as_of=THEN)) for place in "ab")
    assert list(kept.recall("ab", CAP)) == ["b"]


def test_what_stopped_at_its_cap_stands_for_that_cap() -> None:
    """Another cap, as more queues make it, asks for another count."""
    kept = KeptCounts()
    kept.note([("a", Measured(CAP, Exactness.CAPPED, THEN))])
    assert kept.recall("a", CAP)["a"].exactness is Exactness.CAPPED
    assert kept.recall("a", CAP * 2) == {}


def test_the_oldest_of_many_queues_are_read_in_turns() -> None:
    """With few queues each poll reads all; with many some, and a queue that has nothing any more is told of no longer."""
    shelf, asked = OldestShelf(), list[tuple[str, ...]]()

    def read(names: tuple[str, ...]) -> dict[str, datetime]:
        asked.append(names)
        return dict.fromkeys(names, NOW)

    few, many = [f"a{number}" for number in range(QUEUES_A_POLL)], [f"b{number}" for number in range(QUEUES_A_POLL * 3)]
    for names, polls in ((few, 2), (many, 3)):
        asked.clear()
        for _ in range(polls):
            found, ages = shelf.read(names, read)
            assert found == dict.fromkeys(names, NOW)
            assert len(ages) == len(names) - len(asked[-1])
        assert all(len(one) == QUEUES_A_POLL for one in asked[1:])
    assert len({name for names in asked[1:] for name in names}) == QUEUES_A_POLL * 2
    assert shelf.read(many[:1], read) == ({many[0]: NOW}, {})
    shelf.read(many, read)
    shelf.read(many, read, anew=True)
    assert set(asked[-1]) == set(many)


def test_an_act_and_an_exact_look_read_all_anew(migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleted jobs are neither in the counts of the next poll nor in its page's total, nor are they the oldest."""
    for module in (sums, pages):
        monkeypatch.setattr(module, "COUNT_CAP", 3)
    now = datetime.now(UTC)
    with closing(open_backend(migrated_sqlite_url, BackendOptions(create=True, now=now))) as backend:
        seed, look = Seed(backend.database, now), backend.inspector
        queues = [f"q{number}" for number in range(QUEUES_A_POLL + 2)]
        seed.jobs(*({"queue": name, "due_at": seed.ago(due_s)} for name in queues for due_s in (7200, 9)))
        watch = Watch(PageRequest(parse_query("state:pending"), 1))

        def told() -> tuple[object, ...]:
            seen = look.snapshot(watch)
            assert seen.page is not None
            late = sum(one.oldest_due_at is not None and one.oldest_due_at < seed.ago(60) for one in seen.queues)
            return seen.page.total.value, seen.page.total.exactness, seen.counts[State.PENDING].value, late

        assert told() == (3, Exactness.CAPPED, 16, len(queues))
        jobs = look.page(PageRequest(parse_query("state:pending"), 20), Limits()).jobs
        oldest_first = sorted(jobs, key=lambda job: job.scheduled_at or now)
        backend.operator.apply(Act(Verb.DELETE, "test"), [Target(job.ref) for job in oldest_first[:-2]], Limits())
        assert told() == (2, Exactness.EXACT, 2, 0)
        seed.jobs(*({"queue": name, "due_at": seed.ago(7200)} for name in queues))
        watch = replace(watch, exact=True)
        assert told()[2:] == (10, len(queues))
