"""Reads of events, logs, verdicts and health for programs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from queuetui.model.document import describe_verdict
from queuetui.model.duration import read_span_s
from queuetui.model.event import EventRequest, describe_event, read_kind
from queuetui.model.job_rules import read_amount
from queuetui.model.log_lines import describe_line, lines_of
from queuetui.model.names import read_many, read_text

if TYPE_CHECKING:
    from queuetui.backends.backend import NativeBackend
    from queuetui.model.limits import Limits
    from queuetui.monitor.feed import Feed

EVENTS_READ = 200


class QueueAnswers:
    """Answers as the command line gives them in JSON."""

    _backend: NativeBackend
    _limits: Limits

    def events(
        self,
        *,
        job_id: str | None = None,
        queue: str | None = None,
        correlation_id: str | None = None,
        kinds: Iterable[str] = (),
        since: float | timedelta | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Return events, newest first, and the cursor to pass as `before` to read older ones.

        `kinds` are names such as JobFailed; `since` is an age in seconds or a timedelta. The cursor is None at the end.
        """
        feed = self._feed()
        span = None if since is None else timedelta(seconds=read_span_s(since, "since"))
        page = feed.events(
            EventRequest(
                job_id,
                queue,
                correlation_id,
                frozenset(read_kind(read_text(kind, "a kind")) for kind in read_many(kinds, "kinds")),
                None if span is None else feed.now() - span,
                None if before is None else read_text(before, "the cursor"),
                read_amount(limit, "the limit"),
            )
        )
        return list(map(describe_event, page.events)), page.last if page.has_more else None

    def logs(self, job_id: str) -> list[dict[str, Any]]:
        """Return the kept log lines of a job's handler; raises NotFound."""
        job_id = read_text(job_id, "the id of a job")
        return list(map(describe_line, lines_of(job_id, self._feed().open(job_id).runs)))

    def why(self, job_id: str) -> dict[str, Any]:
        """Return why a job is in its state: the verdict, its evidence and the next step; raises NotFound."""
        detail = self._feed().open(read_text(job_id, "the id of a job"), events=EVENTS_READ)
        gap = None if detail.gap is None else describe_verdict(detail.gap)
        return {**describe_verdict(detail.verdict), "gap": gap}

    def health(self) -> dict[str, Any]:
        """Return the health of the queues: status, depth, rates, ages, workers and problems."""
        from queuetui.monitor.health import describe_health, judge_health

        return describe_health(judge_health(self._feed().poll_health(), self._limits))

    def _feed(self) -> Feed:
        # Imported here, so that programs that only enqueue do not load it.
        from queuetui.monitor.feed import Feed

        return Feed(self._backend, self._limits)
