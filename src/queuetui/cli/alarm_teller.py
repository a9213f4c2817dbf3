"""Watches the alarms of a profile for the command line, and runs the actions of its settings."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from queuetui.cli.output import ring, say
from queuetui.cli.store_places import find_in
from queuetui.model.access import Way
from queuetui.model.errors import BadConfig, QueueTuiError

if TYPE_CHECKING:
    from queuetui.config.profile import Profile
    from queuetui.model.alarm_actions import Webhook
    from queuetui.monitor.alarms.alarm import AlarmChange
    from queuetui.monitor.alarms.deliveries import Deliveries
    from queuetui.monitor.alarms.watcher import AlarmWatcher
    from queuetui.monitor.feed import Feed
    from queuetui.monitor.observations import Observations


class AlarmTeller:
    """Watches one profile and runs the configured actions for each change of its alarms."""

    def __init__(self, profile: Profile, observations: Observations, over: threading.Event) -> None:
        self._bell = profile.alarm_actions.bell
        self._watcher = _watcher_of(profile, observations)
        self._deliveries = _deliveries_of(profile, over)

    def look(self) -> Sequence[AlarmChange]:
        """Read the alarms, run the actions for the changes, and return the changes."""
        try:
            changes = self._watcher.look()
        except QueueTuiError as error:
            # State that cannot be saved now is saved at the next look.
            say(str(error))
            return ()
        for change in changes:
            if change.is_silenced:
                continue
            if self._bell and change.turn.value != "cleared":
                ring()
            for deliveries in self._deliveries:
                deliveries.put(change)
        return changes

    def close(self, wait_s: float | None) -> None:
        """Wait at most this long for pending actions, then close the connections."""
        for deliveries in self._deliveries:
            deliveries.finish(wait_s)
        self._watcher.close()


def _watcher_of(profile: Profile, observations: Observations) -> AlarmWatcher:
    from queuetui.monitor.alarms.watcher import AlarmWatcher, Watched

    def connect() -> list[tuple[str, Feed]]:
        opened = []
        for place in find_in(profile):
            system = place.open(asked=None)
            system.feed.observe()
            opened.append((system.title, system.feed))
        return opened

    silences = profile.alarm_actions.silences
    way = Way(profile.naming)
    watched = Watched(profile.title, profile.address, profile.limits, silences, connect, way)
    return AlarmWatcher(watched, observations)


def _deliveries_of(profile: Profile, over: threading.Event) -> list[Deliveries]:
    from queuetui.monitor.alarms.alarm import describe_alarm_change
    from queuetui.monitor.alarms.deliveries import Deliveries, run_command
    from queuetui.monitor.alarms.webhook import WebhookSender

    def describe_elsewhere(change: AlarmChange) -> dict[str, Any]:
        described = describe_alarm_change(change)
        told = {key: profile.without_place(described[key] or "") or None for key in ("summary", "next")}
        return {**described, **told}

    actions = profile.alarm_actions
    acts: list[Callable[[AlarmChange], str | None]] = []
    if actions.command:
        acts.append(lambda change: run_command(actions.command, change))
    if actions.webhook is not None:
        sender = WebhookSender(actions.webhook.url, _secret(actions.webhook), over.wait)
        acts.append(lambda change: sender.send(describe_elsewhere(change)))
    return [Deliveries(act, say) for act in acts]


def _secret(webhook: Webhook) -> bytes:
    secret = os.environ.get(webhook.secret_env, "")
    if not secret:
        why = f"the webhook cannot be signed: the environment variable {webhook.secret_env} is not set; set it to the secret"
        raise BadConfig(why, "webhook_secret_env")
    return secret.encode()
