"""`queuetui migrate`: migrate the schema of our own queue."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import rich_click as click
from click.exceptions import Exit

from queuetui.cli import exit_codes
from queuetui.cli.options import connection_options
from queuetui.cli.output import say
from queuetui.cli.session import backend_options, choose_profile, flags_of, reaching
from queuetui.operate.rights import require_writable


@click.command()
@click.option("--check", is_flag=True, help="Only say what is to be applied; exit 1 when something is.")
@connection_options
def command(check: bool, **connection: Any) -> None:
    """Make or bring up to date the tables of our own queue."""
    from queuetui.backends.registry import open_schema

    profile = choose_profile(flags_of(**connection))
    if not check:
        require_writable(profile.rights, profile.name, "nothing was migrated")
    with reaching(profile), closing(open_schema(profile.url, backend_options(profile, create=not check))) as backend:
        names = backend.schema.pending() if check else backend.schema.migrate()
    if not names:
        say("the schema is up to date")
    for name in names:
        say(f"{'to apply' if check else 'applied'}: {name}")
    if check and names:
        raise Exit(exit_codes.REFUSED)
