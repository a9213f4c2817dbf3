"""The cron jobs of RQ, which a scheduler writes down with itself as long as it beats."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from queuetui.backends.payloads.stored_values import json_or_text, list_of, text_of, time_of, to_json
from queuetui.backends.schedules import MOST_SCHEDULES
from queuetui.model.schedule import KeptSchedule

if TYPE_CHECKING:
    from queuetui.backends.keys.shelf import Ask


def read_cron(prefix: bytes, ask: Ask) -> list[KeptSchedule]:
    """Return the cron jobs of the schedulers that live, one more than are shown where there are more.

    Those beat last; the names of killed ones stay registered.
    """
    (names,) = ask([("ZREVRANGE", prefix + b":cron_schedulers", 0, MOST_SCHEDULES)])
    cards = ask([("HGET", prefix + b":cron_scheduler:" + name, "cron_jobs") for name in names])
    several = sum(card is not None for card in cards) > 1
    found = (
        _read_one(said, text_of(name) if several else "")
        for name, card in zip(names, cards, strict=True)
        for said in list_of(card)
        if isinstance(said, dict)
    )
    return list(islice(found, MOST_SCHEDULES + 1))


def _read_one(said: dict[str, Any], scheduler: str) -> KeptSchedule:
    """Return one; schedulers may both have one of a name."""
    call = str(said.get("func_name") or "?")
    # RQ writes other words for arguments that JSON cannot carry.
    named = {name: json_or_text(said[name]) for name in ("args", "kwargs") if said.get(name)}
    every = said.get("interval")
    interval = None if every is None else f"every {every} s"
    return KeptSchedule(
        f"{said.get('name') or call}{f' of {scheduler}' if scheduler else ''}", call, str(said.get("queue_name") or ""),
        timing=str(said["cron"]) if said.get("cron") else interval,
        payload=to_json(named) if named else None,
        next_at=time_of(str(said.get("next_enqueue_time"))), last_at=time_of(str(said.get("latest_enqueue_time"))),
    )  # fmt: skip
