"""BullMQ's own functions on the rows of its capture: what our verbs do by them, and by users with no more rights than its page asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import NotFound
from queuetui.model.limits import Limits
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture, query
from tests.backends.rights.sql_users import check_looker, check_mender
from tests.live.bullmq import LiveBullmqOnPostgres
from tests.live.schema_functions import capture_with_functions

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
_PAGE, _LATE_S = "bullmq-pg.md", 1


@pytest.fixture
def capture(postgres_url: str, postgres_server: Any, tmp_path: Path) -> Iterator[Capture]:
    """The capture with the functions that the real BullMQ creates in a database of its own."""
    product = LiveBullmqOnPostgres("6.7.0")
    with capture_with_functions(product, "bullmq-pg", "bullmq", postgres_url, postgres_server, tmp_path) as loaded:
        yield loaded


def test_who_may_look_changes_nothing(capture: Capture) -> None:
    """With the right to select all is read, and every verb is refused by the server and told as such."""
    check_looker(_PAGE, capture, _LATE_S)


def test_who_may_change_can_do_each_verb(capture: Capture) -> None:
    """The rights to change are enough for every verb."""
    check_mender(_PAGE, capture, _LATE_S)


def test_a_queue_is_paused_and_resumed_once(capture: Capture) -> None:
    """Pause and resume do what BullMQ's own function does, each once; a queue that is not there is not made."""
    backend = capture.open(1)
    for verb, outcome in (
        (Verb.RESUME, Outcome.SKIPPED), (Verb.PAUSE, Outcome.DONE), (Verb.PAUSE, Outcome.SKIPPED), (Verb.RESUME, Outcome.DONE),
    ):  # fmt: skip
        result = backend.operator.apply_to_queue(Act(verb, "tester"), "email")
        assert (result.outcome, bool(result.note)) == (outcome, outcome is Outcome.SKIPPED)
        is_paused = {one.name.raw: one.is_paused for one in backend.inspector.snapshot(Watch()).queues}
        assert (is_paused["email"], is_paused["held"]) == (verb is Verb.PAUSE, True)
    assert backend.operator.apply_to_queue(Act(Verb.PAUSE, "tester"), "no such").outcome is Outcome.SKIPPED
    assert query(capture.url, "select event from bullmq.event order by id desc limit 2") == [("resumed",), ("paused",)]


def test_what_is_deleted_leaves_its_parent_to_go_on(capture: Capture) -> None:
    """A parent names the child that it waits for, and waits no more once that is deleted."""
    backend = capture.open(1)
    (parent,) = (name for name, true in capture.stored.items() if true["state"] == "blocked")
    (child,) = backend.inspector.view(parent, 0).job.waits_for
    target = Target(backend.inspector.get(child.raw).ref)
    (result,) = backend.operator.apply(Act(Verb.DELETE, "tester"), [target], Limits())
    assert result.outcome is Outcome.DONE
    assert backend.inspector.get(parent).state.value == "pending"
    with pytest.raises(NotFound):
        backend.inspector.get(child.raw)


def test_without_its_functions_it_is_only_read(capture: Capture) -> None:
    """A schema that lacks a function, or has it with other arguments, is shown, and every verb says why it is missing."""
    query(capture.url, "drop function bullmq.promote(text, text)")
    query(
        capture.url,
        "create function bullmq.promote(p_queue text, p_id text, p_more text) returns int language sql as 'select 0'",
    )
    backend = capture.open(1)
    assert backend.inspector.snapshot(Watch()).total.value == len(capture.stored)
    for verb in (Verb.RETRY, Verb.RELEASE, Verb.CANCEL, Verb.DELETE, Verb.PAUSE):
        assert "only read" in str(backend.inspector.capabilities.why_not(verb))
