"""All that is known of a run, and what follows from it at once: runs, calls, faults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec

from tests.acceptance.checker.dump import DUMP
from tests.acceptance.checker.events import EVENTS, INVOKE, Event, read_events
from tests.acceptance.checker.faults import Fault, find_faults
from tests.acceptance.checker.records import Dump, KeptAttempt, Setup, StoredJob
from tests.acceptance.checker.runs import Run, collect_runs

SETUP = "setup.json"


@dataclass(frozen=True)
class Call:
    """A call with its answer; `answer` None: the caller died before it had one, so it may have been done."""

    invoke: Event
    answer: Event | None

    @property
    def phase(self) -> str:
        """How it ended."""
        return "unknown" if self.answer is None else self.answer.phase


@dataclass(frozen=True)
class History:
    """Events in the order of the shared clock, what the store holds in the end, and what was run."""

    events: Sequence[Event]
    dump: Dump
    setup: Setup = field(default_factory=Setup)

    @cached_property
    def of_kind(self) -> Mapping[str, Sequence[Event]]:
        """The events of each kind, in order."""
        return group(self.events, lambda event: event.kind)

    @cached_property
    def jobs(self) -> Mapping[str, StoredJob]:
        """The stored jobs by id."""
        return {job.id: job for job in self.dump.jobs}

    @cached_property
    def runs(self) -> Mapping[str, Sequence[Run]]:
        """The runs of each job in the order in which they began."""
        return collect_runs(self.events)

    @cached_property
    def faults(self) -> Sequence[Fault]:
        """What was done to the run, with its span of time."""
        return find_faults(self.events)

    @cached_property
    def enqueues(self) -> Mapping[str, Sequence[Call]]:
        """The enqueue calls of each job id; a job that was sent again has several."""
        return self.calls("enqueue")

    @cached_property
    def acts(self) -> Mapping[str, Sequence[Call]]:
        """The acts done to each job."""
        return self.calls("act")

    def calls(self, kind: str) -> Mapping[str, Sequence[Call]]:
        """Return the calls of a kind by the job that they are about."""
        answers: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for event in self.of_kind.get(kind, ()):
            if event.phase != INVOKE:
                answers[event.call, event.job_id].append(event)
        found: dict[str, list[Call]] = defaultdict(list)
        for event in self.of_kind.get(kind, ()):
            if event.phase == INVOKE:
                waiting = answers.get((event.call, event.job_id), [])
                found[event.job_id].append(Call(event, waiting.pop(0) if waiting else None))
        for (_, job_id), left in answers.items():
            found[job_id] += [Call(answer, answer) for answer in left]
        return found

    def attempts(self, job_id: str) -> Sequence[KeptAttempt]:
        """Return the kept attempts of a job, by fence."""
        return self.dump.attempts.get(job_id, ())

    def outcomes(self, job_id: str) -> Mapping[int, str]:
        """Return how each kept attempt of a job ended."""
        return {attempt.fence: attempt.outcome for attempt in self.attempts(job_id)}

    def done(self, job_id: str, verb: str) -> list[Event]:
        """Return the acts of a verb that were done to a job."""
        calls = self.acts.get(job_id, ())
        return [call.answer for call in calls if call.answer is not None and _is_done(call.answer, verb)]


def _is_done(answer: Event, verb: str) -> bool:
    return answer.verb == verb and answer.outcome == "done"


def group(events: Iterable[Event], key_of: object) -> dict[str, list[Event]]:
    """Return events by a key, in order."""
    assert callable(key_of)
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        found[key_of(event)].append(event)
    return dict(found)


def load(folder: Path) -> History:
    """Read what a run left in its folder."""
    events = [event for path in sorted(folder.glob(f"*{EVENTS}")) for event in read_events(path)]
    events.sort(key=lambda event: event.boot_ns)
    setup = folder / SETUP
    return History(
        events,
        msgspec.json.decode((folder / DUMP).read_bytes(), type=Dump),
        msgspec.json.decode(setup.read_bytes(), type=Setup) if setup.exists() else Setup(),
    )


def write_setup(setup: Setup, folder: Path) -> None:
    """Leave what was run beside the events."""
    (folder / SETUP).write_bytes(msgspec.json.encode(setup))
