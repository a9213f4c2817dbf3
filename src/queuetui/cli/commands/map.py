"""`queuetui map`: a first mapping file for somebody's own table of jobs."""

from __future__ import annotations

import rich_click as click

from queuetui.cli.output import warn, write
from queuetui.cli.session import backend_options, choose_profile, flags_of, reaching
from queuetui.model.text import sanitize


@click.command()
@click.argument("url")
@click.argument("table")
def command(url: str, table: str) -> None:
    """Write a first mapping file for TABLE in the database at URL, guessed from its columns; reading only.

    Save it, correct it, and use it with --mapping FILE or as `mapping = "FILE"` in a profile.
    """
    from queuetui.backends.foreign.mapped.draft import FILL_IN, draft_mapping

    profile = choose_profile(flags_of(url=url))
    with reaching(profile):
        text = draft_mapping(profile.url, table, backend_options(profile))
    for line in text.splitlines():
        shown = sanitize(line, len(line) + 1)
        write(shown)
        if shown.startswith(FILL_IN):
            warn(shown.removeprefix("# "))
