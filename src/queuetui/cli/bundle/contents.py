"""The contents of a bundle for one queue; payloads and results are left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from queuetui.cli.bundle.redaction import redact
from queuetui.cli.store_places import System
from queuetui.model.document import describe_verdict, describe_worker, document
from queuetui.model.errors import QueueTuiError
from queuetui.model.event import EventRequest, describe_event
from queuetui.model.examination import Finding, describe_finding
from queuetui.model.histories import describe_failure_group
from queuetui.model.limits import is_live
from queuetui.model.page import PageRequest
from queuetui.model.picture import Picture
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.text import sanitize
from queuetui.monitor.asked_again import ask_again
from queuetui.monitor.health import describe_health, judge_health

MOST_JOBS = 50
MOST_GROUPS = 30
MOST_EVENTS = 200
MOST_SAMPLES = 10
DAY_S = 86_400.0
_TRACE_CHARS = 6_000

Rows = Sequence[Mapping[str, Any]]


def collect(system: System, findings: Sequence[Finding]) -> dict[str, Rows]:
    """Return the redacted sections of a queue; a section that cannot be read says why."""
    feed = system.feed
    picture = ask_again(lambda: feed.poll(Watch(limits=feed.limits), thorough=True))
    parts: dict[str, Callable[[], Rows]] = {
        "overview": lambda: _overview(picture, system),
        "findings": lambda: list(map(describe_finding, findings)),
        "verdicts": lambda: _verdicts(system),
        "failure groups": lambda: _groups(system),
        "sample errors": lambda: _samples(system),
        "workers": lambda: _workers(picture, system),
        "events": lambda: _events(system),
        "settings": lambda: _settings(system),
    }
    return {name: redact(_read(read)) for name, read in parts.items()}


def _read(read: Callable[[], Rows]) -> Rows:
    try:
        return read()
    except QueueTuiError as error:
        return [{"not read": str(error)}]


def _overview(picture: Picture, system: System) -> Rows:
    health = describe_health(judge_health(picture, system.feed.limits))
    whole = {name: health[name] for name in ("status", "timestamp", "backend", "processingStats", "workers")}
    queues = [{"name": f"queue {name}", "value": queue} for name, queue in health["queues"].items()]
    return [*({"name": name, "value": value} for name, value in whole.items()), *queues, *_problems(picture)]


def _problems(picture: Picture) -> Rows:
    return [{"name": f"{part} not read", "value": why} for part, why in picture.problems.items()]


def _verdicts(system: System) -> Rows:
    page, verdicts = system.feed.page(PageRequest(parse_query("is:stuck"), MOST_JOBS, brief=True))
    return [
        {
            "job": job.ref.id,
            "type": sanitize(job.type),
            "state": job.state.value,
            **describe_verdict(verdicts[job.ref.id]),
        }
        for job in page.jobs
    ]


def _groups(system: System) -> Rows:
    found = system.feed.failure_groups(DAY_S, MOST_GROUPS).value or ()
    return [describe_failure_group(group) for group in found]


def _samples(system: System) -> Rows:
    """Return the newest error of each of the largest groups, with the end of its traceback."""
    rows = []
    for group in (system.feed.failure_groups(DAY_S, MOST_SAMPLES).value or ())[:MOST_SAMPLES]:
        detail = system.feed.open(group.sample_id)
        error = document(detail.job, detail.verdict).error or {}
        rows.append({"job": group.sample_id, **error, "traceback": error.get("traceback", "")[-_TRACE_CHARS:]})
    return rows


def _workers(picture: Picture, system: System) -> Rows:
    snapshot = picture.snapshot
    return [
        describe_worker(one, snapshot.now, live=is_live(one, snapshot.now, system.feed.limits))
        for one in snapshot.workers
    ]


def _events(system: System) -> Rows:
    return [describe_event(event) for event in system.feed.events(EventRequest(limit=MOST_EVENTS)).events]


def _settings(system: System) -> Rows:
    profile = system.profile
    named = {"profile": profile.name, "url": profile.shown_url, "rights": profile.rights, **profile.settings}
    limits = {f"limits.{name}": value for name, value in asdict(profile.limits).items() if not isinstance(value, dict)}
    # Redaction masks a value by the name it is stored under.
    shown = [{"name": name, "value": redact({name: value})[name]} for name, value in named.items()]
    return shown + [{"name": name, "value": value} for name, value in limits.items()]
