"""What is done when an alarm is raised or cleared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.model.silence import Silence


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told by HTTP.

    `secret_env` names the environment variable with the secret it is signed by.
    """

    url: str = field(repr=False)
    secret_env: str


@dataclass(frozen=True, slots=True)
class AlarmActions:
    """All that is done; `command` is run without a shell, in a window of silence nothing is done."""

    bell: bool = False
    command: tuple[str, ...] = ()
    webhook: Webhook | None = None
    silences: tuple[Silence, ...] = ()
