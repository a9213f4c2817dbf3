"""The filter of events: what it reads and what it refuses, with the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuetui.model.errors import BadQuery
from queuetui.model.event import EventKind
from queuetui.model.event_filter import EventFilter, parse_event_filter


@pytest.mark.parametrize(
    ("text", "job", "queue", "correlation", "kinds"),
    [
        ("", None, None, None, set()),
        ("  queue:mail ", None, "mail", None, set()),
        ('queue:"my \\"own\\" queue" job:5b1c0a', "5b1c0a", 'my "own" queue', None, set()),
        ("correlation:order-17 failed", None, None, "order-17", {EventKind.JOB_FAILED}),
        ("correlation_id=a:b", None, None, "a:b", set()),
        ("kind:JobStarted", None, None, None, {EventKind.JOB_STARTED}),
        ("event:started", None, None, None, {EventKind.JOB_STARTED, EventKind.WORKER_STARTED}),
        ("lost,paused", None, None, None, {EventKind.JOB_LOST, EventKind.WORKER_LOST, EventKind.QUEUE_PAUSED}),
        ("JobFailed event:JobLost", None, None, None, {EventKind.JOB_FAILED, EventKind.JOB_LOST}),
    ],
)
def test_a_filter_says_what_it_narrows_to(
    text: str, job: str | None, queue: str | None, correlation: str | None, kinds: set[EventKind]
) -> None:
    """Each field narrows; a word without one is a kind or a part of its name."""
    assert parse_event_filter(text) == EventFilter(text.strip(), job, queue, correlation, frozenset(kinds))


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("queu:mail", 0, "did you mean queue?"),
        ("queue:mail xyz:1", 11, "the fields are job, queue, event, correlation"),
        ("queue:", 6, "there is no value"),
        ('queue:"my', 6, "never closed"),
        ('"my', 0, "never closed"),
        ("queue:a queue:b", 8, "asked for twice"),
        ("event:faild", 6, "did you mean jobfailed?"),
        ("zzzz", 0, "no kind of event has 'zzzz'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, position: int, words: str) -> None:
    """The error points at the place and says what would do."""
    with pytest.raises(BadQuery, match=words.replace("?", r"\?")) as caught:
        parse_event_filter(text)
    assert caught.value.position == position


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_within_itself(text: str) -> None:
    """No text breaks the reader, and an error points into the text or right behind it."""
    place = 0
    try:
        parse_event_filter(text)
    except BadQuery as error:
        place = error.position
    assert 0 <= place <= len(text)
