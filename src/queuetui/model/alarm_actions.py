"""The actions when an alarm is raised or cleared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.model.silence import Silence


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that receives alarms by HTTP.

    `secret_env` names the environment variable with the secret that signs the request.
    """

    url: str = field(repr=False)
    secret_env: str


@dataclass(frozen=True, slots=True)
class AlarmActions:
    """All actions; `command` runs without a shell; during a silence nothing is done."""

    bell: bool = False
    command: tuple[str, ...] = ()
    webhook: Webhook | None = None
    silences: tuple[Silence, ...] = ()
