"""`queuetui show` and `queuetui why`: one job."""

from __future__ import annotations

import json
from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, format_options, whole_option
from queuetui.cli.output import Format, show_document
from queuetui.cli.systems import opened_systems
from queuetui.cli.tables import error_text
from queuetui.model.document import describe_attempt, describe_verdict, document
from queuetui.model.run_notes import add_usage, describe_noted_run
from queuetui.model.verdict import Verdict
from queuetui.monitor.diagnosis.words import evidence_in_words

EVENTS_READ = 200


@click.command()
@click.argument("job_id", metavar="ID")
@whole_option
@format_options
@connection_options
def command(job_id: str, whole: bool, form: str, **connection: Any) -> None:
    """Show one job whole; ID may be the last 6 or more characters of it."""
    with opened_systems(**connection) as systems:
        system, found = systems.find_job(job_id, whole=whole)
        detail = system.feed.open(found)
        shown = document(detail.job, detail.verdict).to_dict()
        shown["remarks"] = list(detail.job.remarks)
        shown["attempt_log"] = [describe_attempt(attempt) for attempt in detail.attempts]
        shown["usage"] = add_usage(detail.runs)
        shown["run_log"] = [describe_noted_run(run) for run in detail.runs]
        if form == Format.TABLE:
            shown["error"] = error_text(shown["error"])
            shown["result"] = _as_returned(shown["result"])
        show_document(shown, Format(form))


@click.command()
@click.argument("job_id", metavar="ID")
@whole_option
@format_options
@connection_options
def why(job_id: str, whole: bool, form: str, **connection: Any) -> None:
    """Explain why a job is where it is: the verdict, what it was read from, the next step."""
    with opened_systems(**connection) as systems:
        system, found = systems.find_job(job_id, whole=whole)
        detail = system.feed.open(found, events=EVENTS_READ)
        told, gap = detail.verdict, detail.gap
        if form == Format.TABLE:
            shown = {**describe_verdict(told), "evidence": _evidence(told), "gap": None if gap is None else _gap(gap)}
        else:
            shown = {**describe_verdict(told), "gap": None if gap is None else describe_verdict(gap)}
        show_document({"backend": system.name, **shown}, Format(form))


def _evidence(verdict: Verdict) -> str:
    """Return the evidence of a verdict, in the words of the console."""
    return "\n".join(f"{label} {value}" for label, value in evidence_in_words(verdict))


def _gap(gap: Verdict) -> str:
    return f"{gap.summary}\n{_evidence(gap)}\nnext: {gap.next}"


def _as_returned(result: Any) -> Any:
    """Return a result that is a number as its digits, unrounded."""
    return json.dumps(result) if isinstance(result, int | float) else result
