"""The figures of a queue system: counts, rates, counters of handlers, and findings about the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from queuetui.model.examination import Finding, describe_finding
from queuetui.model.run_notes import describe_usage
from queuetui.model.snapshot import Part, Watch
from queuetui.model.stats import describe_stats

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed

FIGURE_PARTS = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS, Part.TALLY, Part.STORE})
USAGE_MINUTES = 60


def read_figures(feed: Feed, *, exact: bool = False) -> tuple[dict[str, Any], Mapping[str, str], tuple[Finding, ...]]:
    """Return the figures as programs read them, the problems and the findings.

    The problems name each part that could not be read, with the reason.
    """
    picture = feed.poll(Watch(parts=FIGURE_PARTS, exact=exact))
    usage = [describe_usage(total) for total in feed.usage(USAGE_MINUTES)]
    figures = describe_stats(picture.snapshot, picture.rules)
    figures |= {"usage": usage, "durability": feed.capabilities.durability or None}
    figures["findings"] = list(map(describe_finding, picture.findings))
    return figures, dict(picture.problems), picture.findings
