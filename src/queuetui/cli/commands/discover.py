"""`queuetui discover`: what lives in a store."""

from __future__ import annotations

from dataclasses import asdict

import rich_click as click

from queuetui.cli.options import format_options
from queuetui.cli.output import Format, show_rows
from queuetui.cli.session import backend_options, choose_profile, flags_of, reaching
from queuetui.model.errors import NotFound

COLUMNS = ("kind", "label", "queues", "jobs", "detail")


@click.command()
@click.argument("url", required=False)
@format_options
def command(url: str | None, form: str) -> None:
    """Find the job queues in the store at URL; reading only."""
    from queuetui.backends.registry import discover

    profile = choose_profile(flags_of(url=url))
    with reaching(profile):
        found = discover(profile.url, backend_options(profile))
    if not found:
        message = (
            f"{profile.shown_url}: no job queue is there; looked for queuetui's own tables (queuetui_meta) "
            "and for Laravel's jobs and failed_jobs"
        )
        raise NotFound(message)
    show_rows([asdict(one) for one in found], COLUMNS, Format(form))
