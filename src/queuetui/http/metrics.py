"""`/metrics`: the figures of the stores and of the server itself, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from starlette.responses import Response

from queuetui.http.endpoint import Call, Endpoint
from queuetui.http.parameters import EXACT
from queuetui.http.problems import RefusedRequest
from queuetui.http.run_metrics import RunTotals
from queuetui.model.errors import QueueTuiError, Unreachable
from queuetui.monitor.store_metrics import StoreMetrics

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from queuetui.http.live_log import LiveLog
    from queuetui.http.served import Served, ServedQueues
    from queuetui.model.picture import Picture

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def write_metrics(call: Call) -> Response:
    """Answer with all metrics; a store that does not answer is reported and does not hide the others."""
    try:
        from prometheus_client import CollectorRegistry, generate_latest
    except ImportError:
        message = "metrics need prometheus-client on the server; run: pip install 'queuetui[metrics]'"
        raise RefusedRequest(501, message) from None
    registry = CollectorRegistry(auto_describe=False)
    read, reached = _read(call.served, exact=call.given["exact"])
    registry.register(StoreMetrics(lambda: ((picture, one.feed.limits) for one, picture in read)))
    registry.register(ServerMetrics(reached, call.live.log))
    registry.register(_count_runs(read, reached))
    return Response(generate_latest(registry), media_type=MEDIA_TYPE)


def _count_runs(read: list[tuple[ServedQueues, Picture]], reached: dict[str, bool]) -> RunTotals:
    """Return the sums since the first scrape, of systems that keep a tally.

    A store that refuses them is left out.
    """
    runs, usage = [], []
    for one, picture in read:
        now = picture.snapshot.now
        try:
            ended, counted = one.counters.read(one.feed, now), one.counters.read_usage(one.feed, now)
        except Unreachable:
            reached[one.name] = False
        except QueueTuiError:
            continue
        else:
            runs.append((one.name, ended))
            usage.append((one.name, counted))
    return RunTotals(runs, usage)


def _read(served: Served, *, exact: bool) -> tuple[list[tuple[ServedQueues, Picture]], dict[str, bool]]:
    read, reached = [], {}
    for system in served.systems:
        try:
            read.append((system, system.feed.poll_health(exact=exact)))
        except QueueTuiError:
            reached[system.name] = False
        else:
            reached[system.name] = True
    return read, reached


class ServerMetrics:
    """A collector of prometheus-client for the server's own figures."""

    def __init__(self, reached: dict[str, bool], log: LiveLog) -> None:
        self._reached = reached
        self._log = log

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the names are known only at the collection."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        answered = GaugeMetricFamily("store_up", "Whether the store answered this scrape.", labels=("backend",))
        for name, is_up in self._reached.items():
            answered.add_metric([name], float(is_up))
        yield answered
        yield GaugeMetricFamily("live_clients", "Clients that listen to live updates.", value=self._log.clients)
        yield CounterMetricFamily("live_messages_pushed", "Messages pushed to all of them.", value=self._log.pushed)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/metrics",
        "All metrics, as Prometheus reads them.",
        write_metrics,
        parameters=(EXACT,),
        statuses=(200, 501),
        media_type="text/plain",
    ),
)
