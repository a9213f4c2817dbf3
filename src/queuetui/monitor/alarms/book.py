"""The active alarms of a store, kept in a file across restarts so that none is told twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

from queuetui.model.verdict import Severity
from queuetui.monitor.alarms.alarm import Alarm, AlarmChange, AlarmKey, Turn, key_of
from queuetui.monitor.health import HealthFinding
from queuetui.monitor.observations import Observations

# A store with more alarms than this has one common cause, and further ones would tell nothing new.
MOST_ALARMS = 1_000
_FORGOTTEN_AFTER = timedelta(days=30)
_COLUMNS = "subject, name, code, severity, summary, evidence, next, raised_at, seen_at, told"


@dataclass(frozen=True, slots=True)
class AlarmLook:
    """The result of one look at a store.

    `found` are the findings over the limits. `near` are those over the eased limits: they start no alarm but keep one active.
    A look that is not whole could not read everything, and ends no alarm.
    """

    at: datetime
    found: tuple[HealthFinding, ...] = ()
    near: tuple[HealthFinding, ...] = ()
    is_whole: bool = True


class _Told(IntEnum):
    """What people were told of an alarm: nothing, its present state, or its state before it became graver."""

    NOTHING = 0
    ALL = 1
    LESS = 2


@dataclass(frozen=True, slots=True)
class _Standing:
    alarm: Alarm
    seen_at: datetime
    told: _Told


class AlarmBook:
    """The alarms of one store, by its identity; if two programs watch it, only one tells each change."""

    def __init__(self, observations: Observations, identity: str, title: str) -> None:
        self._observations = observations
        self._identity = identity
        self._title = title

    def turn(
        self, look: AlarmLook, clear_after_s: float, is_silenced: Callable[[HealthFinding], bool]
    ) -> tuple[AlarmChange, ...]:
        """Record a look and return the changes of the alarms.

        An alarm is raised at once, and cleared when its finding was not seen for `clear_after_s`. If people were told of the alarm, its
        end is told as soon as it is not silenced.
        """
        with self._observations.changing() as tables:
            before = self._read(tables)
            changes = [*self._raise(tables, look, before, is_silenced)]
            changes += self._clear(tables, look, before, clear_after_s, is_silenced)
            # Only other stores' alarms are deleted by age: those of this store must still be told to have ended after a long silence.
            forgotten = (self._identity, (look.at - _FORGOTTEN_AFTER).timestamp())
            tables.execute("DELETE FROM alarm WHERE store <> ? AND seen_at < ?", forgotten)
        return tuple(changes)

    def _raise(
        self,
        tables: sqlite3.Connection,
        look: AlarmLook,
        before: Mapping[AlarmKey, _Standing],
        is_silenced: Callable[[HealthFinding], bool],
    ) -> Iterator[AlarmChange]:
        room = MOST_ALARMS - len(before)
        for finding in {key_of(one): one for one in look.found}.values():
            old = before.get(key_of(finding))
            if old is None and room <= 0:
                continue
            room -= old is None
            silent = is_silenced(finding)
            is_worse = old is not None and finding.severity > old.alarm.finding.severity
            alarm = Alarm(self._title, finding, look.at) if old is None else _go_on(old.alarm, finding)
            before_told = _Told.NOTHING if old is None else old.told
            told = _told_in_silence(before_told, is_worse=is_worse) if silent else _Told.ALL
            self._write(tables, _Standing(alarm, look.at, told))
            if old is None or is_worse or (not silent and before_told is not _Told.ALL):
                turn = Turn.WORSE if is_worse or before_told is _Told.LESS else Turn.RAISED
                yield AlarmChange(turn, alarm, look.at, silent)

    def _clear(
        self,
        tables: sqlite3.Connection,
        look: AlarmLook,
        before: Mapping[AlarmKey, _Standing],
        clear_after_s: float,
        is_silenced: Callable[[HealthFinding], bool],
    ) -> Iterator[AlarmChange]:
        found, near = _keys(look.found), _keys(look.near)
        for key, old in before.items():
            if key in found:
                continue
            # If the clock was set back, `seen_at` lies ahead and must not keep the alarm active until then.
            if key in near or not look.is_whole or old.seen_at > look.at:
                self._write(tables, replace(old, seen_at=look.at))
            elif look.at - old.seen_at >= timedelta(seconds=clear_after_s):
                if old.told is not _Told.NOTHING and is_silenced(old.alarm.finding):
                    continue
                place = (self._identity, key.subject, key.name, key.code)
                tables.execute("DELETE FROM alarm WHERE store = ? AND subject = ? AND name = ? AND code = ?", place)
                yield AlarmChange(Turn.CLEARED, old.alarm, look.at, old.told is _Told.NOTHING)

    def _read(self, tables: sqlite3.Connection) -> dict[AlarmKey, _Standing]:
        rows = tables.execute(f"SELECT {_COLUMNS} FROM alarm WHERE store = ?", (self._identity,))
        read = [self._standing_of(row) for row in rows]
        return {one.alarm.key: one for one in read}

    def _standing_of(self, row: tuple[Any, ...]) -> _Standing:
        subject, name, code, severity, summary, evidence, step, raised_at, seen_at, told = row
        finding = HealthFinding(subject, name, code, Severity(severity), summary, json.loads(evidence), step)
        return _Standing(Alarm(self._title, finding, _time(raised_at)), _time(seen_at), _Told(told))

    def _write(self, tables: sqlite3.Connection, one: _Standing) -> None:
        finding = one.alarm.finding
        evidence = json.dumps(dict(finding.evidence))
        values = (finding.severity, finding.summary, evidence, finding.next)
        times = (one.alarm.raised_at.timestamp(), one.seen_at.timestamp(), one.told)
        row = (self._identity, finding.subject, finding.name, finding.code, *values, *times)
        tables.execute(f"INSERT OR REPLACE INTO alarm (store, {_COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)


def _told_in_silence(before: _Told, *, is_worse: bool) -> _Told:
    return _Told.LESS if is_worse and before is _Told.ALL else before


def _go_on(alarm: Alarm, finding: HealthFinding) -> Alarm:
    """Return an alarm with its present finding.

    Its severity never falls, or an alarm that goes to and fro between two would be told each time.
    """
    worst = max(finding.severity, alarm.finding.severity)
    return replace(alarm, finding=replace(finding, severity=worst))


def _keys(findings: Iterable[HealthFinding]) -> frozenset[AlarmKey]:
    return frozenset(map(key_of, findings))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
