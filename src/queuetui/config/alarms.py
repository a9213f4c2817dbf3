"""The `[profiles.NAME.alarms]` table of the settings: thresholds and actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from queuetui.config.alarm_actions import SilenceTable, read_actions
from queuetui.model.alarm_actions import AlarmActions
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.duration import parse_duration_s
from queuetui.model.zone import DEFAULT_ZONE

_KEYS: Mapping[str, str] = {
    "average": "average_s",
    "worker_silent": "worker_silent_s",
    "oldest": "oldest_s",
    "idle": "idle_s",
    "clear_after": "clear_after_s",
}
_RATIOS = frozenset({"error_rate", "retry_rate", "clear_below"})
_ACTIONS = frozenset({"bell", "command", "webhook", "webhook_secret_env", "silences"})


class AlarmTable(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The keys of the table; a missing key has the default of AlarmLimits.

    Times are durations such as `30s`.
    """

    depth: int | None = None
    error_rate: float | None = None
    average: str | None = None
    dead_letters_in_hour: int | None = None
    dead_letters: int | None = None
    worker_silent: str | None = None
    retry_rate: float | None = None
    type_slowdown: float | None = None
    usage_growth: float | None = None
    oldest: str | None = None
    idle: str | None = None
    memory_growth: float | None = None
    clear_below: float | None = None
    clear_after: str | None = None
    bell: bool = False
    command: list[str] = []
    webhook: str | None = None
    webhook_secret_env: str | None = None
    silences: list[SilenceTable] = []


def read_alarms(table: AlarmTable) -> AlarmLimits:
    """Return the thresholds; raises ValueError, which names the key."""
    everything = msgspec.structs.asdict(table).items()
    given = {key: value for key, value in everything if value is not None and key not in _ACTIONS}
    return AlarmLimits(**{_KEYS.get(key, key): _checked(key, value) for key, value in given.items()})


def read_alarm_actions(table: AlarmTable, zone: str = DEFAULT_ZONE) -> AlarmActions:
    """Return the actions of a raised alarm; raises ValueError, which names the key."""
    return read_actions(
        bell=table.bell,
        command=table.command,
        webhook=table.webhook,
        secret_env=table.webhook_secret_env,
        silences=table.silences,
        zone=zone,
    )


def _checked(key: str, value: Any) -> Any:  # noqa: ANN401 - whole numbers stay whole
    try:
        number = parse_duration_s(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error
    if number < 0 or (key in _RATIOS and number > 1):
        raise ValueError(f"{key}: it is {'0 to 1' if key in _RATIOS else '0 or more'}, not {value}")
    return number
