"""What programs change and ask beside enqueueing."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from queuetui.backends.native.memory.operator import MemoryOperator
from queuetui.client import Queue
from queuetui.config.paths import state_folder
from queuetui.engine.settings import WorkerSettings
from queuetui.engine.worker import Worker
from queuetui.model.act import Outcome
from queuetui.model.declaration import job
from queuetui.model.errors import Conflict, NotFound

UNKNOWN = "0191a000-0000-7000-8000-000000000000"


@job("test_operating.refuse", max_attempts=1)
def refuse(_: object) -> None:
    """Log a line and fail."""
    logging.getLogger("shop").warning("no stock")
    raise ValueError("no such shop")


def recorded() -> list[dict[str, Any]]:
    """Return the intents in the record of acts."""
    folder = state_folder()
    assert folder is not None
    lines = map(json.loads, (folder / "acts.jsonl").read_text().splitlines())
    return [line for line in lines if line["entry"] == "intent"]


def test_jobs_are_deleted_and_released_one_by_one(queue: Queue) -> None:
    """A job that can be deleted is; what cannot be released says why; an unknown id is not found."""
    one = queue.enqueue("Send").id
    left = queue.release(one)
    assert (left.outcome, left.note) == (Outcome.SKIPPED, "is pending")
    assert queue.delete(one).outcome is Outcome.DONE
    for call in (queue.delete, queue.release, queue.why, queue.logs):
        with pytest.raises(NotFound):
            call(one)


def test_what_recurs_is_recorded(queue: Queue) -> None:
    """A schedule that a program adds, changes or drops stands in the record under its name; asking for the same again does not."""
    before = len(recorded()) if (state_folder() or Path()).joinpath("acts.jsonl").exists() else 0
    for job_type in ("Ping", "Ping", "Pong"):
        queue.schedule("tick", job_type, recurring={"every": 90})
    queue.unschedule("tick")
    told = [(entry["verb"], entry["subject"], queue._program in entry["actor"]) for entry in recorded()[before:]]
    assert told == [(verb, "schedule tick", True) for verb in ("schedule", "schedule", "unschedule")]


def test_many_jobs_at_once(queue: Queue) -> None:
    """All that match a filter, or those of ids, are acted on; each has a result, and unknown ids are named."""
    ids = [queue.enqueue("Send", queue="mail").id for _ in range(3)]
    report = queue.bulk("cancel", ids=[ids[0], UNKNOWN])
    assert (report.done, report.missing, report.complete) == (1, (UNKNOWN,), False)
    report = queue.bulk("cancel", "queue:mail")
    assert (report.done, report.skipped) == (2, 1)
    assert queue.cleanup(0, states=["cancelled"]).done == 3
    assert queue.jobs()[0] == []


def test_an_act_that_ctrl_c_ends_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """What became of the jobs is told with the interruption, which a loop around the act does not outlive."""

    def interrupted(*_: object) -> Any:
        raise KeyboardInterrupt

    with Queue("memory://") as queue:
        queue.enqueue("Send", queue="mail")
        monkeypatch.setattr(MemoryOperator, "apply", interrupted)
        with pytest.raises(KeyboardInterrupt, match="1 unknown"):
            queue.bulk("cancel", "queue:mail")


def test_nothing_is_acted_on_by_mistake() -> None:
    """An empty filter, a filter beside ids, and what is not done to many jobs are refused."""
    with Queue("memory://") as queue:
        for wrong in ({}, {"filter_text": " "}, {"filter_text": "queue:*", "ids": [UNKNOWN]}):
            with pytest.raises(Conflict, match="say which jobs"):
                queue.bulk("delete", **wrong)
        with pytest.raises(ValueError, match="one of retry"):
            queue.bulk("pause", "queue:*")


REFUSED: list[tuple[str, Callable[[Queue, Any], object], tuple[Any, ...]]] = [
    ("the count", lambda queue, given: queue.recent(given), (-1, True, 1.5, "5", None, 10**400)),
    ("the limit", lambda queue, given: queue.jobs(limit=given), (-1, True, float("inf"), "5")),
    ("the limit", lambda queue, given: queue.events(limit=given), (-1, 1.5)),
    ("the cursor", lambda queue, given: queue.jobs(after=given), (5, b"x")),
    ("the filter", lambda queue, given: queue.jobs(given), (None, 5, ["state:failed"])),
    ("the filter", lambda queue, given: queue.bulk("retry", given), (None, 5)),
    ("timeout_s", lambda queue, given: queue.wait(UNKNOWN, given), (True, float("nan"), "5", None, 10**400)),
    ("since", lambda queue, given: queue.events(since=given), (-1, True, float("nan"), 1e300, "1h")),
    ("days|the age", lambda queue, given: queue.cleanup(given), (-1, True, float("inf"), "7", timedelta(-1), 1e10)),
    ("the id of a job", lambda queue, given: queue.get(given), (5, None, UUID(UNKNOWN))),
    ("the id of a job", lambda queue, given: queue.why(given), (5, None)),
    ("the id of a job", lambda queue, given: queue.cancel(given), (5, UUID(UNKNOWN))),
    ("the command", lambda queue, given: queue.enqueue_command(given), (5, None, ["ls"], " ")),
    ("exact", lambda queue, given: queue.stats(exact=given), (1, "no")),
    ("give a list", lambda queue, given: queue.bulk("retry", ids=given), (UNKNOWN, {"id": 1}, 5)),
    ("give a list", lambda queue, given: queue.cleanup(1, given), ("failed", 5)),
    ("give a list", lambda queue, given: queue.events(kinds=given), ("JobFailed", 5)),
    ("give a list", lambda queue, given: queue.new_many("Send", given), ("abc", {"sku": 1}, 5)),
    ("give a list", lambda queue, given: queue.enqueue_many(given), (["Send"], Queue.new("Send"))),
    ("queue", lambda queue, given: queue.pause(given), ("*", "ma*", "a,b", "", " ", 5, None)),
]


def test_what_a_program_asks_is_checked() -> None:
    """Counts, spans, ids, filters, lists and names are checked like the options of a job, and the message names them."""
    with Queue("memory://") as queue:
        for named, ask, values in REFUSED:
            for given in values:
                with pytest.raises((TypeError, ValueError), match=named):
                    ask(queue, given)
        with pytest.raises(TypeError, match="give the other process its URL"):
            # By the same protocol that a process pool hands it over.
            copy.deepcopy(queue)
        assert queue.stats()["queues"] == {}


def test_acts_are_recorded_under_the_programs_name() -> None:
    """Every act stands in the record of people's acts with who did it, single ones and those on queues too."""
    with Queue("memory://", program="shop-admin") as queue:
        one = queue.enqueue("Send", queue="mail").id
        queue.cancel(one)
        queue.pause("mail", reason="a new server")
        queue.resume("mail")
    mine = [entry for entry in recorded() if entry["actor"].startswith("shop-admin ")]
    assert [(entry["verb"], entry["reason"]) for entry in mine] == [
        ("cancel", ""),
        ("pause", "a new server"),
        ("resume", ""),
    ]


def test_a_program_asks_why(queue: Queue) -> None:
    """Verdict, events and health are those of the command line."""
    one = queue.enqueue("test_operating.refuse", queue="mail").id
    queue.pause("mail")
    assert queue.why(one)["code"] == "queue_paused"
    queue.resume("mail")
    Worker(queue.backend, WorkerSettings(burst=True)).run()
    assert queue.why(one)["code"] == "dead_letter"
    newest, cursor = queue.events(job_id=one, limit=1)
    assert (newest[0]["event"], cursor is None) == ("JobFailed", False)
    assert queue.events(job_id=one, before=cursor)[0][-1]["event"] == "JobCreated"
    assert [one["event"] for one in queue.events(kinds=["JobFailed"], since=3600)[0]] == ["JobFailed"]
    assert queue.health()["queues"]["mail"]["depth"] == 0
    assert "no stock" in queue.logs(one)[0]["message"]
