"""What holds for every verdict, whatever the job."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuetui.model.capabilities import Capabilities
from queuetui.model.job import Job, JobError
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.stuck import is_stuck
from queuetui.model.text import Untrusted
from queuetui.model.waiting_queues import WaitingQueues
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.explain import explain
from tests.monitor.pictures import FOREIGN, LIMITS, NATIVE, NOW, ago, facts, job, queue, worker
from tests.zoo import SMALL_ZOO, assert_inert

QUEUES = ("mail", "slow", "other")
spans = st.one_of(st.floats(-7300, 7300), st.sampled_from([29.0, 30.0, 31.0, 299.0, 300.0, 301.0, 3600.0, 3601.0]))
times = st.none() | spans.map(ago)
native_states = st.sampled_from([state for state in State if state is not State.BLOCKED])
jobs = st.builds(
    job,
    state=native_states,
    queue=st.sampled_from(QUEUES),
    job_type=st.sampled_from(["Send", "Long"]),
    scheduled_at=times,
    claimed_at=times,
    started_at=times,
    lease_until=times,
    cancel_requested_at=times,
    worker=st.none() | st.just(Untrusted("w1")),
)
workers = st.lists(
    st.builds(
        lambda queues, **rest: worker(*queues, **rest),
        st.sampled_from([(), *((one,) for one in QUEUES)]),
        silent_s=st.floats(0, 90),
        busy=st.integers(0, 2),
    ),
    max_size=3,
)
queues = st.fixed_dictionaries(
    {
        name: st.builds(queue, st.just(name), paused_s=st.none() | st.floats(0, 99), rests=st.booleans())
        for name in QUEUES
    }
)


@given(jobs, workers, queues)
def test_the_stuck_rule_and_the_verdict_agree(
    subject: Job, crew: list[WorkerInfo], named: dict[str, QueueInfo]
) -> None:
    """A job counts as stuck exactly when its verdict says so: the tab, the flag and the figure are one."""
    told = facts(*crew, *named.values())
    open_queues = frozenset(name for name in told.unconsumed if told.queues[name].paused_at is None)
    waiting = WaitingQueues(open_queues, told.idle)
    assert explain(subject, told).stuck is is_stuck(subject, NOW, LIMITS, waiting)


@given(jobs, workers, st.sampled_from([NATIVE, FOREIGN]))
def test_every_job_gets_a_verdict_with_a_next_step(
    subject: Job, crew: list[WorkerInfo], capabilities: Capabilities
) -> None:
    """Whatever is known or missing, there is one verdict, in words, with evidence that JSON can hold."""
    told = replace(facts(*crew), capabilities=capabilities)
    verdict = explain(subject, told)
    assert verdict.summary
    assert verdict.next
    json.dumps(dict(verdict.evidence))


@pytest.mark.parametrize("specimen", SMALL_ZOO)
def test_no_hostile_name_gets_into_a_verdict(specimen: str) -> None:
    """Names from a queue are made safe before they become part of a sentence, of evidence or of a command."""
    text = Untrusted(SMALL_ZOO[specimen])
    hostile = replace(job(), queue=text, worker=text, error=JobError(text, text, text))
    told = [facts(queue(text.raw)), facts(queue(text.raw, paused_s=5, by=text.raw)), facts(capabilities=FOREIGN)]
    for state in State:
        for one in told:
            verdict = explain(replace(hostile, state=state, scheduled_at=ago(999)), one)
            assert_inert("".join([verdict.summary, verdict.next, *map(str, verdict.evidence.values())]), allowed="")
