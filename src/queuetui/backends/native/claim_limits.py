"""How many jobs the limits of a queue still admit, and which waiting jobs a claim takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

from queuetui.backends.native.odd_values import UNREADABLE
from queuetui.model.claim_rules import MOST_AT_ONCE, ClaimLimit, ClaimRules, Rate

WHOLE_QUEUE = ""
Starts = dict[str, dict[int, int]]


class Candidate(NamedTuple):
    """The part of a waiting job that the rules judge; `due` is the value that its store orders by."""

    id: Any
    type: str
    needs: frozenset[str]
    lost: int
    priority: int
    due: Any


@dataclass(slots=True)
class _Gauge:
    """How many more jobs one limit admits; `opens_us` is when an exhausted rate admits the next one."""

    limit: ClaimLimit
    left: int
    opens_us: int | None = None


class Capacity:
    """How many jobs the limits of a queue admit at one moment; `kept_back`: a job was passed over."""

    def __init__(self, rules: ClaimRules, running: Mapping[str, int], starts: Starts, now_us: int) -> None:
        self.kept_back = False
        self._now_us = now_us
        self._starts = starts
        self._gauges = [self._measure(limit, running) for limit in rules.limits]

    def _measure(self, limit: ClaimLimit, running: Mapping[str, int]) -> _Gauge:
        gauge = _Gauge(limit, MOST_AT_ONCE)
        if limit.concurrency is not None:
            held = sum(running.values()) if limit.type is None else running.get(limit.type, 0)
            gauge.left = limit.concurrency - held
        if limit.rate is not None:
            begun = recent_starts(self._starts, limit, limit.rate, self._now_us)
            gauge.left = min(gauge.left, limit.rate.count - sum(begun.values()))
            gauge.opens_us = opens_us(begun, limit.rate)
        return gauge

    @property
    def left(self) -> int:
        """How many more jobs of any type the queue's own limit admits."""
        return min((gauge.left for gauge in self._gauges if gauge.limit.type is None), default=MOST_AT_ONCE)

    def admits(self, job_type: str) -> bool:
        """Tell whether one more job of a type fits."""
        return all(gauge.left > 0 for gauge in self._gauges if gauge.limit.type in {None, job_type})

    def take(self, job_type: str) -> None:
        """Count one more job of a type."""
        for gauge in self._gauges:
            if gauge.limit.type in {None, job_type}:
                gauge.left -= 1

    def spend(self, types: Iterable[str]) -> Starts | None:
        """Return the stored starts with those of the claimed jobs added, None where no rate counts them."""
        rates = [(gauge.limit, gauge.limit.rate) for gauge in self._gauges if gauge.limit.rate is not None]
        if not rates:
            return None
        begun = list(types)
        spent: Starts = {}
        for limit, rate in rates:
            slots = recent_starts(self._starts, limit, rate, self._now_us)
            count = len(begun) if limit.type is None else begun.count(limit.type)
            if count:
                slot = self._now_us // rate.slot_us
                slots[slot] = slots.get(slot, 0) + count
            spent[limit.type or WHOLE_QUEUE] = slots
        return spent

    def again_s(self) -> float | None:
        """Return the seconds until a rate admits more, infinity if a run must end first, None without a limit."""
        if self.left > 0 and not self.kept_back:
            return None
        spent = [gauge.opens_us for gauge in self._gauges if gauge.left <= 0 and gauge.opens_us is not None]
        return max(0.0, (min(spent) - self._now_us) / 1e6) if spent else inf


def recent_starts(starts: Starts, limit: ClaimLimit, rate: Rate, now_us: int) -> dict[int, int]:
    """Return the starts that still count, by slot."""
    known = starts.get(limit.type or WHOLE_QUEUE, {})
    return {slot: count for slot, count in known.items() if (slot + 1) * rate.slot_us + rate.period_us > now_us}


def opens_us(begun: Mapping[int, int], rate: Rate) -> int | None:
    """Return when enough starts have left the rate's window to admit one more, None if one fits now."""
    over = sum(begun.values()) - rate.count
    for slot in sorted(begun):
        if over < 0:
            break
        over -= begun[slot]
        if over < 0:
            return (slot + 1) * rate.slot_us + rate.period_us
    return None


def choose_by_rules(
    candidates: Iterable[Candidate], room: Capacity, tags: frozenset[str], wanted: int
) -> list[Candidate]:
    """Return the candidates to claim, in claim order; a job that was lost before is claimed alone."""
    chosen: list[Candidate] = []
    for one in candidates:
        if not room.admits(one.type) or not one.needs <= tags:
            room.kept_back = True
            continue
        if one.lost and chosen:
            break
        room.take(one.type)
        chosen.append(one)
        if one.lost or len(chosen) >= wanted or room.left <= 0:
            break
    return chosen


def starts_to_text(starts: Starts) -> str:
    """Return starts as the JSON that stores hold."""
    return json.dumps({name: sorted(slots.items()) for name, slots in starts.items()}, ensure_ascii=False)


def starts_from_text(text: str | None) -> Starts:
    """Return the starts that a stored JSON text holds."""
    try:
        return {
            name: {int(slot): int(count) for slot, count in slots} for name, slots in json.loads(text or "{}").items()
        }
    except UNREADABLE:
        # Another program has overwritten the starts: the rate begins anew.
        return {}
