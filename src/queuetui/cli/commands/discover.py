"""`queuetui discover`: the job queues in a store."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import rich_click as click

from queuetui.cli.options import exact_option, format_options
from queuetui.cli.output import Format, show_rows
from queuetui.cli.session import backend_options, choose_profile, flags_of, reaching
from queuetui.cli.tables import exactness_in_words
from queuetui.model.counted import mark_count
from queuetui.model.errors import NotFound
from queuetui.model.measured import Exactness, absent

if TYPE_CHECKING:
    from queuetui.backends.found import Found

TABLE = ("kind", "label", "queues", "jobs", "detail")
COLUMNS = ("kind", "label", "queues", "jobs", "exactness", "detail")


@click.command()
@click.argument("url", required=False)
@exact_option
@format_options
def command(url: str | None, exact: bool, form: str) -> None:
    """Find the job queues in the store at URL; reading only."""
    from queuetui.backends.discover import NEXT_STEP, discover, looked_for

    # Garbage collection would take a tenth of the time of this short process, and find nothing.
    gc.disable()

    profile = choose_profile(flags_of(url=url))
    with reaching(profile):
        found = discover(profile.url, backend_options(profile), exact=exact)
    if not found:
        message = f"{profile.shown_url}: no job queue is there; looked for {looked_for(profile.url)}; {NEXT_STEP}"
        raise NotFound(message)
    show_rows([_row(one, Format(form)) for one in found], COLUMNS, Format(form), TABLE)


def _row(found: Found, form: Format) -> dict[str, Any]:
    jobs = found.jobs or absent("not counted")
    how = {} if jobs.exactness is Exactness.EXACT else {"jobs": jobs.exactness.value}
    told: dict[str, Any] = {"jobs": jobs.value, "exactness": how}
    row = {name: told[name] if name in told else getattr(found, name) for name in COLUMNS}
    if form is Format.TABLE:
        return {**row, "jobs": mark_count(jobs)}
    return exactness_in_words(row) if form is Format.CSV else row
