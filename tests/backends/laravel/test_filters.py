"""What filters find among Laravel's jobs, how they are answered, and which are refused."""

from __future__ import annotations

import pytest

from queuetui.backends.base import iterate
from queuetui.model.errors import Unsupported
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import Handling, PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture
from tests.backends.laravel.acts import listed


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("payload.orderId:1001", 2),
        ("payload.data.command.orderId:1001", 2),
        ('error~"card declined"', 2),
        ("data~later1", 1),
        ("type:*Slow*", 2),
        ("queue:high state:pending", 2),
        ("-queue:high state:pending", 8),
        ("attempts>=1", 5),
        ("scheduled>2026-11-22T04:00:00Z", 3),
        ("running>=0s", 1),
        ("is:live -is:waiting", 1),
        ("welcome", 9),
    ],
)
def test_filters_find_what_they_say(read_capture: Capture, text: str, number: int) -> None:
    """Filters answered by the database and filters read out of payloads give the jobs they describe."""
    found = listed(read_capture, text)
    assert len(found) == number
    page = read_capture.open().inspector.page(PageRequest(parse_query(text)), Limits())
    assert (page.total.value, page.total.exactness) == (number, Exactness.EXACT)


def test_a_filter_on_what_laravel_lacks_is_refused(capture: Capture) -> None:
    """A term on workers is refused with its reason, alone and as one part of a snapshot that else succeeds."""
    backend = capture.open()
    asked = PageRequest(parse_query("worker:web-1"))
    with pytest.raises(Unsupported, match="worker"):
        backend.inspector.page(asked, Limits())
    snapshot = backend.inspector.snapshot(Watch(page=asked))
    assert "worker" in snapshot.problems["page"]
    assert snapshot.page is None
    assert snapshot.total.value == len(capture.stored)


def test_the_plan_tells_how_each_term_is_answered(capture: Capture) -> None:
    """Terms are pushed down, residual or refused, and those not pushed down say why."""
    planned = capture.open().inspector.plan(parse_query("state:failed queue:a queue:a* is:stuck payload.x:1 worker:w"))
    assert [one.handling for one in planned] == [
        Handling.PUSHED,
        Handling.PUSHED,
        Handling.PUSHED,
        Handling.PUSHED,
        Handling.RESIDUAL,
        Handling.REFUSED,
    ]
    assert all(bool(one.why) == (one.handling is not Handling.PUSHED) for one in planned)


def test_limits_of_queues_and_types_decide_stuck(capture: Capture) -> None:
    """A queue's or a type's own limit makes a reserved job stuck sooner, or later, than the floor."""
    cases = [
        (Limits(per_queue_s={"default": 1}), 1),
        (Limits(per_queue_s={"high": 1}), 0),
        (Limits(stuck_after_s=1, per_type_s={"App\\Jobs\\SlowReport": 600}), 0),
        (Limits(per_type_s={"App\\Jobs\\SlowReport": 1}), 1),
        (Limits(stuck_after_s=1, learned_s={"App\\Jobs\\SlowReport": 600}), 0),
        (Limits(stuck_after_s=1, learned_s={"App\\Jobs\\Other": 600}), 1),
        (Limits(learned_s={"App\\Jobs\\SlowReport": 1}), 0),
    ]
    backend = capture.open(after_s=5)
    for limits, number in cases:
        assert len(list(iterate(backend.inspector, parse_query("is:stuck"), limits))) == number, limits
