"""Ended runs since the first scrape, and the counters of handlers, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from queuetui.model.histories import RunMinute
from queuetui.model.run_notes import UsageTotal, metric_name, read_tag_counter, usage_of_handlers

if TYPE_CHECKING:
    from prometheus_client.core import Metric

# Metric names that are already in use.
_TAKEN = frozenset({"jobs", "jobs_by_tag", "job_errors", "job_duration_seconds", "live_messages_pushed"})
MOST_COUNTERS = 50


class RunTotals:
    """A collector of prometheus-client.

    `runs` and `usage` are by the name of the system.
    """

    def __init__(
        self, runs: Sequence[tuple[str, Sequence[RunMinute]]], usage: Sequence[tuple[str, Sequence[UsageTotal]]]
    ) -> None:
        self._runs = runs
        self._usage = usage

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the names are known only at the collection."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the sums."""
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        named = ("backend", "type", "queue")
        jobs = CounterMetricFamily("jobs", "Runs that ended.", labels=(*named, "status"))
        errors = CounterMetricFamily("job_errors", "Runs that ended with an error.", labels=named)
        lengths = HistogramMetricFamily("job_duration_seconds", "How long handlers ran.", labels=named)
        for backend, rows in self._runs:
            for row in rows:
                place = [backend, row.type.raw, row.queue.raw]
                for status, count in row.endings().items():
                    jobs.add_metric([*place, status], count)
                errors.add_metric(place, row.failed + row.retried + row.lost)
                lengths.add_metric(place, _buckets(row), row.busy_s)
        yield from (jobs, errors, lengths, self._by_tag(named), *self._counted())

    def _by_tag(self, named: tuple[str, ...]) -> Metric:
        from prometheus_client.core import CounterMetricFamily

        metric = CounterMetricFamily(
            "jobs_by_tag", "Runs that ended, by a tag.", labels=(*named, "tag", "value", "status")
        )
        for backend, totals in self._usage:
            for one in totals:
                if (counted := read_tag_counter(one.name.raw)) is not None:
                    metric.add_metric([backend, one.type.raw, one.queue.raw, *counted], max(0.0, one.amount))
        return metric

    def _counted(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily

        for name, sums in self._usage_by_metric().items():
            metric = CounterMetricFamily(name, "What handlers counted.", labels=("backend", "type", "queue"))
            for place, amount in sums.items():
                metric.add_metric(place, amount)
            yield metric

    def _usage_by_metric(self) -> dict[str, dict[tuple[str, str, str], float]]:
        """Return the sums by the name of their metric, which several counters may share."""
        found: dict[str, dict[tuple[str, str, str], float]] = {}
        for backend, totals in self._usage:
            for one in usage_of_handlers(totals):
                name, place = metric_name(one.name.raw), (backend, one.type.raw, one.queue.raw)
                if name in _TAKEN or (name not in found and len(found) >= MOST_COUNTERS):
                    continue
                sums = found.setdefault(name, {})
                sums[place] = sums.get(place, 0.0) + max(0.0, one.amount)
        return found


def _buckets(row: RunMinute) -> list[tuple[str, float]]:
    """Return cumulative counts of runs by duration; step N of the tally holds those under 2^N ms."""
    counts = list(accumulate(row.took))
    ends = [f"{2**step / 1000:g}" for step in range(len(counts) - 1)]
    return [*zip(ends, map(float, counts), strict=False), ("+Inf", float(counts[-1]) if counts else 0.0)]
