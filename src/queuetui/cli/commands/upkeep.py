"""`queuetui upkeep` and `queuetui tokens`: the chores and worker tokens of a mapping file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import rich_click as click
from click.exceptions import Exit

from queuetui.cli import exit_codes
from queuetui.cli.options import NumberRange, connection_options, format_options, take_connection
from queuetui.cli.output import Format, cell, say, show_document, show_rows
from queuetui.cli.systems import opened_systems
from queuetui.model.act import Verb
from queuetui.model.counted import counted
from queuetui.model.upkeep import describe_token

if TYPE_CHECKING:
    from queuetui.config.profile import Profile
    from queuetui.model.upkeep import ChorePlan

CHORE_COLUMNS = ("chore", "does", "takes_days", "beware")
TOKEN_COLUMNS = ("token", "state", "worker", "expires_at")
MOST_TOKENS = 1_000
KEEPS_NO_TOKENS = "keeps no tokens of workers that could be seen here"


@click.command()
@click.argument("chore", required=False)
@click.option("--days", type=NumberRange(0, 365_250), help="For rows older than so many days.")
@click.option("--reason", default="", help="Kept in the record.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--confirm", metavar="NAME", help="A protected profile's name, which it wants for every chore.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@format_options
@connection_options
def command(chore: str | None, **given: Any) -> None:
    """Carry out CHORE, or list the chores.

    A chore is a change of rows that are no jobs, which a mapping file declares.
    """
    connection = take_connection(given)
    form = Format(given["form"])
    with opened_systems(**connection) as systems:
        system = systems.able_to(Verb.UPKEEP)
        profile, operations = system.profile, system.operations
        chores = operations.upkeep.chores
        if chore is None:
            rows = [
                {"chore": one.name, "does": one.does, "takes_days": one.takes_days, "beware": one.beware}
                for one in chores
            ]
            show_rows(rows, CHORE_COLUMNS, form, ("chore", "does"))
            return
        plan = operations.upkeep.plan(chore, given["days"])
        _describe(plan, dry=given["dry_run"])
        if given["dry_run"]:
            if form is not Format.TABLE:
                show_document({"dry_run": True, "chore": chore, "rows": plan.rows}, form)
            return
        if plan.rows:
            _confirm(profile, given)
        report = operations.upkeep.perform(plan, given["reason"])
    for line in report.lines():
        say(line)


def _describe(plan: ChorePlan, *, dry: bool) -> None:
    say(f"{'dry run, nothing is changed: ' if dry else ''}{plan.chore.does}: {counted(plan.rows, 'row')}")
    for sample in plan.samples:
        say(f"  {cell(sample)}")
    if plan.rows > len(plan.samples):
        say(f"  and {plan.rows - len(plan.samples):,} more")
    if plan.rows and plan.chore.beware:
        say(f"beware: {plan.chore.beware}")


def _confirm(profile: Profile, given: dict[str, Any]) -> None:
    """Require the name of a protected profile, else a yes."""
    wanted = f"--confirm {profile.name}" if profile.protected else "--yes"
    if (given["confirm"] == profile.name) if profile.protected else given["yes"]:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"nothing was done: this is not a terminal, so say {wanted} (or look first with --dry-run)"
        )
    if profile.protected:
        written = click.prompt(
            f"This profile is protected. To go on, type {profile.name}", default="", show_default=False, err=True
        )
        if written == profile.name:
            return
    elif click.confirm("Do it?", err=True):
        return
    say("nothing was done")
    raise Exit(exit_codes.REFUSED)


@click.command()
@format_options
@connection_options
def tokens(form: str, **connection: Any) -> None:
    """List the tokens by which workers are let in: masked, and whether each is open, consumed or expired."""
    with opened_systems(**connection) as systems:
        keeping = systems.with_role(
            lambda one: one.feed.keeps_tokens, lambda one: f"{one.feed.capabilities.label} {KEEPS_NO_TOKENS}"
        )
        feed = keeping.only_one("reading tokens").feed
        found, now = feed.tokens(MOST_TOKENS), feed.now()
    show_rows([describe_token(token, now) for token in found], TOKEN_COLUMNS, Format(form), TOKEN_COLUMNS)
    if len(found) == MOST_TOKENS:
        say(f"the {MOST_TOKENS:,} that expire last are shown and there may be more")
