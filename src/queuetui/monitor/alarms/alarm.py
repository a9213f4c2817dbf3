"""An alarm: an active finding, and the changes of its state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from queuetui.model.clock import to_text
from queuetui.model.verdict import Severity
from queuetui.monitor.health import HealthFinding, describe_health_finding


class Turn(StrEnum):
    """A change of an alarm: it began, it became graver, or it ended."""

    RAISED = "raised"
    WORSE = "worse"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class AlarmKey:
    """The key of an alarm, unique within its store."""

    subject: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding that has been active since `raised_at`; `store` is the name that people gave the store."""

    store: str
    finding: HealthFinding
    raised_at: datetime

    @property
    def key(self) -> AlarmKey:
        """The key of this alarm."""
        return key_of(self.finding)


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """A change of an alarm and its time.

    `is_silenced`: nobody is told now, because of a window of silence; once it is over people are told if the alarm is still active.
    """

    turn: Turn
    alarm: Alarm
    at: datetime
    is_silenced: bool = False


def key_of(finding: HealthFinding) -> AlarmKey:
    """Return the key of the alarm about a finding."""
    return AlarmKey(finding.subject, finding.name, finding.code)


def is_alarming(finding: HealthFinding) -> bool:
    """Tell whether a finding is grave enough for an alarm."""
    return finding.severity >= Severity.WARNING


def describe_alarm_change(change: AlarmChange) -> dict[str, Any]:
    """Return the change as programs, commands and webhooks read it."""
    return {
        "at": to_text(change.at),
        "turn": change.turn.value,
        "store": change.alarm.store,
        **describe_health_finding(change.alarm.finding),
        "raised_at": to_text(change.alarm.raised_at),
        "silenced": change.is_silenced,
    }
