"""An alarm: a finding that stands, and the moments at which it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from queuetui.model.clock import to_text
from queuetui.model.verdict import Severity
from queuetui.monitor.health import HealthFinding, describe_health_finding


class Turn(StrEnum):
    """What became of an alarm: it began, it is graver than before, or it is over."""

    RAISED = "raised"
    WORSE = "worse"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class AlarmKey:
    """What tells one alarm of a store from another."""

    subject: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding that stands since a time; `store` is what people call the store."""

    store: str
    finding: HealthFinding
    raised_at: datetime

    @property
    def key(self) -> AlarmKey:
        """What it is told from others by."""
        return key_of(self.finding)


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """What became of an alarm and when.

    `is_silenced`: a window of silence holds nobody is told, and once it is over they are, if the alarm still stands.
    """

    turn: Turn
    alarm: Alarm
    at: datetime
    is_silenced: bool = False


def key_of(finding: HealthFinding) -> AlarmKey:
    """Return what an alarm about a finding is told from others by."""
    return AlarmKey(finding.subject, finding.name, finding.code)


def is_alarming(finding: HealthFinding) -> bool:
    """Tell whether somebody has to hear of it."""
    return finding.severity >= Severity.WARNING


def describe_alarm_change(change: AlarmChange) -> dict[str, Any]:
    """Return it as programs, commands and webhooks read it."""
    return {
        "at": to_text(change.at),
        "turn": change.turn.value,
        "store": change.alarm.store,
        **describe_health_finding(change.alarm.finding),
        "raised_at": to_text(change.alarm.raised_at),
        "silenced": change.is_silenced,
    }
