"""Kinds of events, and how one is described."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from queuetui.model.event import KIND_OF_MOVE, Event, EventKind, describe_event, read_kind
from queuetui.model.state import MOVES
from queuetui.model.text import Untrusted

AT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_every_legal_move_is_told_by_a_kind() -> None:
    """There is a kind for each verb of the table of moves, and none for a verb that is not there."""
    assert set(KIND_OF_MOVE) == {move.verb for move in MOVES}


@pytest.mark.parametrize("kind", list(EventKind))
def test_a_kind_is_read_in_any_case(kind: EventKind) -> None:
    """People need not know where the capitals are."""
    assert read_kind(kind.value.lower()) is kind


def test_an_unknown_kind_is_refused_with_all_that_there_are() -> None:
    """Who mistypes a kind is told which there are."""
    with pytest.raises(ValueError, match="JobCreated"):
        read_kind("JobBorn")


def test_data_is_named_by_the_kind() -> None:
    """One moment and one text are a due time and an error class of a retry, a start of a completed run."""
    retried = Event("1", AT, EventKind.JOB_RETRIED, moment=AT, attempt=2, fence=7, detail=Untrusted("ValueError"))
    assert describe_event(retried)["data"] == {
        "attempt": 2,
        "fence": 7,
        "due_at": "2026-01-02T03:04:05.000006Z",
        "error_class": "ValueError",
    }
    assert describe_event(Event("1", AT, EventKind.JOB_COMPLETED, moment=AT))["data"] == {
        "started_at": "2026-01-02T03:04:05.000006Z"
    }


def test_what_is_not_known_is_null_or_absent() -> None:
    """Columns that an event has not are null, facts that it has not are left out."""
    paused = Event("1", AT, EventKind.QUEUE_PAUSED, queue=Untrusted("mail"), actor=Untrusted("ana"))
    assert describe_event(paused) == {
        "at": "2026-01-02T03:04:05.000006Z",
        "event": "QueuePaused",
        "queue": "mail",
        "job": None,
        "worker": None,
        "correlation_id": None,
        "data": {"by": "ana"},
    }
