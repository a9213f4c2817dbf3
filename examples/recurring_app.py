"""Recurring jobs: declared in code, made once a slot however many workers run.

Start as many workers in this folder as you like, and look at what they make:

    queuetui worker --app recurring_app
    queuetui schedules
"""

from __future__ import annotations

from datetime import UTC, datetime

from queuetui import Context, job

Payload = dict[str, object]


@job("nightly_report", cron="30 2 * * 1-5", tz="Europe/Berlin", queue="reports", max_attempts=5)
def nightly_report(_: Payload, context: Context) -> str:
    """At half past two of every working day in Berlin: once also on the days when the clocks change."""
    context.log.info("writing the report")
    return f"report of {datetime.now(UTC):%Y-%m-%d}"


@job("poll_shops", every=30, overlap=False)
def poll_shops(_: Payload) -> str:
    """Every thirty seconds; a slot is passed over while the job before it goes on."""
    return "nothing new"
