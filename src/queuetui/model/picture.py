"""A snapshot of a backend with the judgements of the monitor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.model.claim_rules import RulesInUse
    from queuetui.model.event import EventPage
    from queuetui.model.examination import Finding
    from queuetui.model.schedule_info import ScheduleInfo
    from queuetui.model.server_view import ServerView
    from queuetui.model.snapshot import Snapshot
    from queuetui.model.text import Untrusted
    from queuetui.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning; `subject` is "queue" or "worker", or "store" for all queues together."""

    subject: str
    name: Untrusted
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Picture:
    """A snapshot with its judgements.

    A part that could not be read is named in `problems` with the reason.
    `verdicts` are by `ref.id`, of the jobs on its page and among its failures; `rules` by queue; `findings` are what is wrong with the
    store as a whole, `warnings` with its queues and workers, the gravest first; `alarms` are the warnings that stand, also those that
    were over a moment ago.
    `still` are the queues that were seen to stand still, with the limit that the oldest job of each is over.
    `events` and `server` are None where none were asked for or could be read.
    """

    snapshot: Snapshot
    problems: Mapping[str, str] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    rules: Mapping[str, RulesInUse] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    schedules: tuple[ScheduleInfo, ...] = ()
    events: EventPage | None = None
    warnings: tuple[Warned, ...] = ()
    server: ServerView | None = None
    alarms: tuple[Warned, ...] = ()
    still: Mapping[str, float] = field(default_factory=dict)
