"""`queuetui jobs`: list jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import rich_click as click

from queuetui.cli.options import FilterCommand, connection_options, format_options, read_filter, whole_option
from queuetui.cli.output import Format, say, show_rows
from queuetui.cli.session import opened
from queuetui.cli.tables import JOB_COLUMNS, JOB_TABLE, job_row
from queuetui.model.document import document

DEFAULT_LIMIT = 50


@click.command(cls=FilterCommand)
@click.argument("words", nargs=-1, metavar="[FILTER]")
@click.option("--sort", metavar="FIELD", help="Sort by a field; -FIELD turns the order.")
@click.option(
    "--limit", "-n", type=click.IntRange(1), default=DEFAULT_LIMIT, show_default=True, help="At most so many."
)
@whole_option
@format_options
@connection_options
def command(words: tuple[str, ...], sort: str | None, limit: int, whole: bool, form: str, **connection: Any) -> None:
    """List jobs that match FILTER, newest first.

    FILTER: state:failed queue:mail,high type:Send* age>1h attempts>=3 payload.user.id:42 error~"timed out" is:stuck -queue:slow word
    """
    query = read_filter(words, sort)
    with opened(**connection) as (feed, _):
        found = 0

        def rows() -> Iterator[dict[str, Any]]:
            nonlocal found
            for found, (job, verdict) in enumerate(feed.search(query, limit, say, whole=whole), start=1):  # noqa: B007 - told below
                shown = document(job, verdict).to_dict()
                yield job_row(shown) if form == Format.TABLE else shown

        show_rows(rows(), JOB_COLUMNS, Format(form), JOB_TABLE)
        if not found and form == Format.TABLE:
            say("no job matches" if words else "there are no jobs")
