"""`queuetui token`: the access tokens of `queuetui serve`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import rich_click as click

from queuetui.cli.options import format_options, positive_duration, some_text
from queuetui.cli.output import Format, say, show_document, show_rows, write
from queuetui.cli.token_file import token_file
from queuetui.operate.rights import Right

COLUMNS = ("id", "name", "right", "state", "created_at", "expires_at", "revoked_at")


@click.group()
def command() -> None:
    """Make, list and revoke the tokens by which programs are let in over HTTP."""


@command.command("create")
@click.option(
    "--right",
    type=click.Choice([right.value for right in Right]),
    required=True,
    help="read looks; operate also acts; admin also deletes.",
)
@click.option("--expires", type=positive_duration, required=True, metavar="DUR", help="How long it lasts, such as 24h.")
@click.option("--name", type=some_text, default=None, metavar="TEXT", help="Stands in the record of what it does.")
@format_options
def create(right: str, expires: float, name: str | None, form: str) -> None:
    """Make a token and print it, once: only its hash is kept."""
    try:
        lasts = timedelta(seconds=expires)
        token, secret = token_file().create(Right(right), lasts, name or "")
    except OverflowError:
        raise click.UsageError("so long a time does not fit before the year 10000; give a shorter --expires") from None
    if form == Format.TABLE:
        say(f"token {token.name}: {token.right} until {token.expires_at}; it is shown this once")
        write(secret)
    else:
        show_document({"token": secret, **token.describe(datetime.now(UTC))}, Format(form))


@command.command("list")
@format_options
def list_tokens(form: str) -> None:
    """List all tokens; their secrets are not kept."""
    now = datetime.now(UTC)
    show_rows([one.describe(now) for one in token_file().tokens()], COLUMNS, Format(form))


@command.command("revoke")
@click.argument("named", metavar="ID|NAME")
def revoke(named: str) -> None:
    """End a token at once, also in a server that runs."""
    token = token_file().revoke(named)
    say(f"token {token.name} is revoked")
