"""Logs, counters and measures of runs, on Redis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from queuetui.backends.native.odd_values import read_amounts, read_number
from queuetui.backends.native.redis.ids import to_stored
from queuetui.backends.native.redis.jobs import Reply, by_fence, moment_of, read_fields
from queuetui.backends.native.redis.server import Server, Value
from queuetui.backends.native.redis.step import span_us
from queuetui.backends.native.texts import storable
from queuetui.backends.run_notes import MOST_USAGE_TOTALS, usage_order
from queuetui.model.clock import from_us
from queuetui.model.run_notes import LOGGED_RUNS_A_JOB, NotedRun, RunNotes, UsageTotal, to_total
from queuetui.model.text import Untrusted

_COUNTER = "use:"
# The names of a counter: queue, type and the counter's own name.
_NAMES = 3


class RedisRunNotes:
    """The RunNotesStore half of the backend."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def write_notes(self, lease_id: str, notes: Sequence[RunNotes]) -> None:
        """Write the notes of runs."""
        values = [value for one in notes for value in _pack(one)]
        if values:
            self._server.write("noting what runs tell", "write_notes", lease_id, LOGGED_RUNS_A_JOB, *values)

    def usage_totals(self, minutes: int) -> tuple[UsageTotal, ...]:
        """Return the sums of the counters over the last minutes."""
        total: dict[tuple[str, ...], float] = {}
        for flat in self._server.read("reading usage", "read_usage", minutes):
            for field, amount in read_amounts(read_fields(flat)).items():
                place = tuple(field.split("\0"))
                if len(place) == _NAMES:
                    total[place] = total.get(place, 0.0) + amount
        shown = sorted(total.items(), key=usage_order)[:MOST_USAGE_TOTALS]
        return tuple(to_total(*place, amount=amount) for place, amount in shown)


def to_noted_runs(flat: Reply) -> tuple[NotedRun, ...]:
    """Return the notes of a job's runs, oldest first; each field of the hash begins with the run's fence."""
    return tuple(_to_noted(fence, fields) for fence, fields in sorted(by_fence(flat).items()))


def _pack(one: RunNotes) -> list[Value]:
    counters: list[Value] = []
    for name, amount in one.usage.items():
        counters += [storable(name), repr(float(amount))]
    return [
        *(to_stored(one.job_id), one.fence, storable(one.type), len(one.usage), *counters),
        "" if one.cpu_s is None else span_us(one.cpu_s),
        "" if one.peak_bytes is None else one.peak_bytes,
        *(int(one.log is not None), storable(one.log or ""), one.log_cut),
        "" if one.result_ttl_s is None else span_us(one.result_ttl_s),
    ]


def _to_noted(fence: int, fields: Mapping[str, str]) -> NotedRun:
    usage = read_amounts(
        {name.removeprefix(_COUNTER): text for name, text in fields.items() if name.startswith(_COUNTER)}
    )
    return NotedRun(
        fence,
        moment_of(fields, "at") or from_us(0),
        tuple((Untrusted(name), amount) for name, amount in sorted(usage.items())),
        read_number(fields["cpu"]) / 1e6 if "cpu" in fields else None,
        read_number(fields["peak"]) if "peak" in fields else None,
        Untrusted(fields["log"]) if "log" in fields else None,
        read_number(fields.get("cut")),
    )
