"""`queuetui profiles`: the connections in the settings."""

from __future__ import annotations

import rich_click as click

from queuetui.cli.options import format_options
from queuetui.cli.output import Format, say, show_rows
from queuetui.config.loader import read_profiles
from queuetui.config.paths import config_file
from queuetui.model.urls import hide_password

COLUMNS = ("name", "label", "rights", "protected", "kind", "url")


@click.command()
@format_options
def command(form: str) -> None:
    """List the profiles of the settings file; no password is shown and no command is run."""
    path = config_file()
    tables, default = read_profiles(path)
    say(f"settings: {path}" + ("" if tables else " (no profiles; nothing is wrong with that)"))
    rows = [
        {
            "name": f"{name} (default)" if name == default and form == Format.TABLE else name,
            "label": table.label,
            "rights": table.rights or "read",
            "protected": table.protected,
            "kind": table.kind,
            "url": hide_password(table.url) if table.url else f"from {table.url_env or 'url_command'}",
        }
        for name, table in sorted(tables.items())
    ]
    show_rows(rows, COLUMNS, Format(form))
