"""What is said of due jobs that rules or needs keep back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.model.claim_rules import ClaimLimit, ClaimRules, Rate, RulesInUse
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity
from queuetui.monitor.diagnosis.explain import explain
from queuetui.monitor.diagnosis.facts import Facts
from tests.monitor.pictures import ago, facts, job, queue, worker

LISTENED = facts(worker("mail"))
FIVE = ClaimLimit(None, 5, set_by="ann@web-1", set_at=ago(60))
ONE_SEND = ClaimLimit("Send", 1, set_by="bob")
PER_MINUTE = ClaimLimit(None, None, Rate(10, 60_000_000), set_by="ann")


def ruled(*limits: ClaimLimit, **use: object) -> Facts:
    """Return facts of a queue with limits and what is in use of them."""
    in_use = RulesInUse("mail", ClaimRules(limits), **use)  # type: ignore[arg-type]  # as written
    return replace(LISTENED, rules={"mail": in_use})


@pytest.mark.parametrize(
    ("told", "words", "raised"),
    [
        (
            ruled(FIVE, running={"": 5}),
            "queue mail is at its limit, set by ann@web-1: 5 of 5 are processed",
            "--concurrency 10",
        ),
        (ruled(FIVE, running={"": 7}), "7 of 5 are processed", "--concurrency 10"),
        (
            ruled(ONE_SEND, running={"": 3, "Send": 1}),
            "type Send in mail is at its limit, set by bob: 1 of 1",
            "--type Send --concurrency 2",
        ),
        (
            ruled(PER_MINUTE, begun={"": 10}, opens_at={"": ago(-90)}),
            "10 of 10/1m have begun, more may in 1 m",
            "--rate 20/1m",
        ),
    ],
)
def test_a_job_that_a_limit_keeps_back_says_which(told: Facts, words: str, raised: str) -> None:
    """The limit that is reached is told with its author, what is in use of it, when there is more, and the command that doubles it."""
    verdict = explain(job(scheduled_at=ago(9999)), told)
    assert (verdict.code, verdict.stuck, verdict.severity) == (Code.LIMIT_REACHED, False, Severity.INFO)
    assert words in verdict.summary
    assert verdict.evidence["set_by"] in {"ann@web-1", "bob", "ann"}
    assert verdict.next == f"wait, or raise it: queuetui queues limit {raised} mail"


@pytest.mark.parametrize(
    "told",
    [
        ruled(FIVE, running={"": 4}),
        ruled(ClaimLimit("Other", 1), running={"": 1, "Other": 1}),
        ruled(PER_MINUTE, begun={"": 9}),
    ],
)
def test_a_job_within_its_limits_simply_waits(told: Facts) -> None:
    """A limit with room left, or of another type, explains nothing."""
    assert explain(job(scheduled_at=ago(10)), told).code is Code.WAITING


def test_a_pause_says_more_than_a_limit() -> None:
    """Of a paused queue the pause is told."""
    told = replace(ruled(FIVE, running={"": 5}), queues={"mail": queue(paused_s=60)})
    assert explain(job(scheduled_at=ago(10)), told).code is Code.QUEUE_PAUSED


def test_a_job_that_no_worker_has_the_tags_for_names_them() -> None:
    """The tags that it needs are named, with a worker to start; one worker must have them all."""
    needy = job(scheduled_at=ago(301), needs=(Untrusted("gpu"), Untrusted("e u")))
    half = replace(worker("mail"), tags=(Untrusted("gpu"),))
    verdict = explain(needy, facts(half, replace(worker("mail", worker_id="w2"), tags=(Untrusted("e u"),))))
    assert (verdict.code, verdict.severity) == (Code.NO_TAGGED_WORKER, Severity.WARNING)
    assert "no live worker on mail has all the tags that it needs (gpu, e u): due 5 m" in verdict.summary
    assert (
        verdict.next
        == "start a worker with the module that declares its jobs: queuetui worker --app MODULE -q mail --tag gpu --tag 'e u'"
    )
    able = replace(worker("mail"), tags=(Untrusted("e u"), Untrusted("gpu")))
    assert explain(needy, facts(able)).code is Code.WAITING
    assert explain(replace(needy, scheduled_at=ago(10)), facts(half)).severity is Severity.INFO
