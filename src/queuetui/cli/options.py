"""Options that several commands share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import rich_click as click

from queuetui.cli.output import Format
from queuetui.model.duration import SHORTEST_LIMIT_S, parse_duration_s
from queuetui.model.errors import BadQuery
from queuetui.model.filter_text import WrittenValue, split_values
from queuetui.model.names import read_counted_tag, read_queue, read_queues, read_tags, read_text
from queuetui.model.query import ALIASES, FIELDS, Query
from queuetui.model.zone import in_utc, zone_name

NEGATED_TERM = re.compile(rf"-(?:{'|'.join((*FIELDS, *ALIASES))})(?:\.[^\s:~<>=]+)?(?:>=|<=|[:~<>=])")

EVERY_QUEUE = "*"
# The range of every count option: no store and no loop of ours rejects its upper bound.
some = click.IntRange(1, 1_000_000_000)

Command = TypeVar("Command", bound=Callable[..., Any])
Value = TypeVar("Value")


class NumberRange(click.FloatRange):
    """A number between bounds; `nan`, which passes every comparison with a bound, is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number that can be counted with", param, ctx)
        return number


class FilterCommand(click.RichCommand):
    """A command whose words are a filter.

    `-queue:slow` is a negated term of it, never the options -q -u -e.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move negated terms behind `--`, where click looks for no option."""
        end = args.index("--") if "--" in args else len(args)
        negated = [word for word in args[:end] if NEGATED_TERM.match(word)]
        if negated:
            others = [word for word in args[:end] if not NEGATED_TERM.match(word)]
            args = [*others, "--", *negated, *args[end + 1 :]]
        return super().parse_args(ctx, args)


def duration(text: str) -> float:
    """Return the seconds of a duration such as 90, 30s, 5m or 2d, as an option's type."""
    try:
        return parse_duration_s(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def positive_duration(text: str) -> float:
    """Return the seconds of a duration above zero, as an option's type."""
    seconds = duration(text)
    if seconds < SHORTEST_LIMIT_S:
        message = f"{text!r} is too short; give at least 10ms"
        raise click.BadParameter(message)
    return seconds


def written_time(text: str) -> datetime:
    """Return a time, as an option's type; its zone, if not given, is added by `known_time`."""
    try:
        at = datetime.fromisoformat(text)
        in_utc(at)
    except (ValueError, OverflowError):
        message = f"{text!r} is no time of the years 1 to 9999; write it like 2030-01-31T08:00:00Z"
        raise click.BadParameter(message) from None
    return at


def known_time(at: datetime) -> datetime:
    """Return a time in UTC; one without a zone is in that of the profile, which must be known by now."""
    try:
        return in_utc(at)
    except OverflowError:
        message = f"{at.isoformat()} in {zone_name()} is outside the years 1 to 9999 in UTC; write another time"
        raise click.UsageError(message) from None


@dataclass(frozen=True, slots=True)
class Since:
    """How far a command looks back: a span of time, or a point in time."""

    said: float | datetime

    def seconds(self, now: datetime) -> float:
        """Return the span; needs the profile's time zone."""
        if isinstance(self.said, datetime):
            return max(0.0, (now - known_time(self.said)).total_seconds())
        return self.said

    def moment(self, now: datetime) -> datetime:
        """Return the point in time; needs the profile's time zone."""
        return known_time(self.said) if isinstance(self.said, datetime) else now - timedelta(seconds=self.said)


def since(text: str) -> Since:
    """Return a span such as 90, 30s, 5m or 2d, or a time, as an option's type."""
    if "-" in text[1:] and text[:4].isdigit():
        return Since(written_time(text))
    try:
        return Since(parse_duration_s(text))
    except ValueError as error:
        message = f"{error}, or a time like 2030-01-31T08:00"
        raise click.BadParameter(message) from None


def checked(read: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return an option's type that applies the same check as the Python interface."""

    def convert(text: str) -> Value:
        try:
            return read(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    convert.__name__ = "text"
    return convert


def written_name(text: str) -> str:
    """Return a name, as an option's type.

    Double quotes around the whole name are removed.
    """
    return WrittenValue(text, 0).literal


queue_name = checked(lambda text: read_queue(written_name(text)))
counted_tag = checked(read_counted_tag)
tag_name = checked(lambda text: read_tags((written_name(text),))[0])
some_text = checked(lambda text: read_text(text, "it"))


def queue_names(text: str) -> tuple[str, ...] | None:
    """Return comma-separated names, None for `*`, as an option's type.

    An empty list is refused, as it must not mean every queue.
    As in a filter, a name in quotes is taken as it stands.
    """
    try:
        written = [WrittenValue(one.text.strip(), one.position) for one in split_values(text) if one.text.strip()]
    except BadQuery as error:
        raise click.BadParameter(str(error)) from None
    names = tuple(one.literal for one in written)
    if [one.text for one in written] == [EVERY_QUEUE]:
        return None
    if any(one.text == EVERY_QUEUE for one in written):
        raise click.BadParameter("* means all queues and stands alone; write -q '*', or name each queue")
    if not names:
        message = f"{text!r} names no queue; leave it away to listen to all"
        raise click.BadParameter(message)
    return checked(lambda _: read_queues(names))(text)


def join_queues(given: tuple[tuple[str, ...] | None, ...]) -> tuple[str, ...] | None:
    """Return the queues of all -q options in their order, None for all queues."""
    named = [names for names in given if names is not None]
    if named and len(named) < len(given):
        raise click.UsageError("-q '*' means all queues and stands alone; leave it away, or name each queue")
    return tuple(dict.fromkeys(name for names in named for name in names)) or None


def store_option(command: Command) -> Command:
    """Add --url."""
    return click.option(
        "--url",
        "-u",
        metavar="URL",
        help="The store: sqlite:///FILE, postgresql://..., mysql://..., redis://... (QUEUETUI_URL).",
    )(command)


def connection_options(command: Command) -> Command:
    """Add the options that name a store; after the command they override those before it."""
    options = (
        store_option,
        click.option(
            "--profile",
            metavar="NAME",
            multiple=True,
            help="A profile of the settings file; repeat it to see several side by side.",
        ),
        click.option(
            "--kind",
            metavar="KIND",
            help="Only this of the queues in the store: native, laravel, laravel:TABLE, rq ...",
        ),
        click.option(
            "--mapping", metavar="FILE", help="The mapping file of a table of your own; queuetui map writes one."
        ),
        click.option(
            "--operate",
            "asked",
            flag_value="operate",
            default=None,
            help="Allow acts on a queue that is read-only by default.",
        ),
        click.option(
            "--admin", "asked", flag_value="admin", help="Allow also what deletes jobs, registrations and rows."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def take_connection(given: dict[str, Any]) -> dict[str, Any]:
    """Remove the options of `connection_options` from a command's arguments, and return them."""
    return {name: given.pop(name) for name in ("url", "profile", "kind", "mapping", "asked")}


def needs_option(command: Command) -> Command:
    """Add --needs."""
    return click.option(
        "--needs",
        "needs",
        multiple=True,
        type=tag_name,
        metavar="TAG",
        help="Only a worker with this --tag runs it; repeatable.",
    )(command)


def exact_option(command: Command) -> Command:
    """Add --exact."""
    return click.option("--exact", is_flag=True, help="Count all, without caps and estimates; slow on a large store.")(
        command
    )


def whole_option(command: Command) -> Command:
    """Add --all, passed as `whole`."""
    return click.option("--all", "whole", is_flag=True, help="Look through every job, however long that takes.")(
        command
    )


def format_options(command: Command) -> Command:
    """Add --format and --json, passed as `form`."""
    command = click.option("--json", "form", flag_value=Format.JSON.value, help="Short for --format json.")(command)
    return click.option(
        "--format",
        "form",
        type=click.Choice([form.value for form in Format]),
        default=Format.TABLE.value,
        show_default=True,
        help="How the answer is written.",
    )(command)


def read_filter(words: tuple[str, ...], sort: str | None = None) -> Query:
    """Return the query of the filter words of a command line; raises BadQuery."""
    # Imported here, as a worker uses this module but no filter.
    from queuetui.model.query_parser import parse_query

    text = " ".join(words)
    return parse_query(f"{text} sort:{sort}" if sort else text)
