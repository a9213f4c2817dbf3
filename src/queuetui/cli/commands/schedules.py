"""`queuetui schedules`: list and change recurring jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import rich_click as click
from click.exceptions import Exit

from queuetui.cli import exit_codes
from queuetui.cli.commands.enqueue import read_attempts_option, read_payload_option, read_priority_option
from queuetui.cli.options import (
    Command,
    connection_options,
    duration,
    format_options,
    needs_option,
    queue_name,
    tag_name,
    take_connection,
    written_name,
)
from queuetui.cli.output import Format, show_rows, write
from queuetui.cli.session import leave_to_subcommand
from queuetui.cli.store_places import System
from queuetui.cli.systems import opened_systems
from queuetui.cli.tables import SCHEDULE_COLUMNS, SCHEDULE_TABLE, schedule_row
from queuetui.client.payloads import encode_payload
from queuetui.model.act import Verb
from queuetui.model.errors import Unsupported
from queuetui.model.schedule import JobPattern, Missed, ScheduleSpec, Timing
from queuetui.model.schedule_info import describe_schedule
from queuetui.model.snapshot import Part, Watch
from queuetui.model.text import sanitize
from queuetui.model.zone import zone_name

if TYPE_CHECKING:
    from queuetui.operate.operations import Operations
    from queuetui.operate.report import Report


@click.group(invoke_without_command=True)
@format_options
@connection_options
def command(form: str, **connection: Any) -> None:
    """List the recurring jobs.

    Each with its next and last slot, the last job's state, who paused it, and whether it is overdue.
    """
    if leave_to_subcommand(**connection):
        return
    with opened_systems(**connection) as systems:
        keeping = systems.with_role(lambda one: one.feed.capabilities.schedules, _lacking)
        read = [(one, one.feed.poll(Watch(parts=frozenset({Part.SCHEDULES})))) for one in keeping]
        problems = {one: picture.problems.get(Part.SCHEDULES.value) for one, picture in read}
        if not any(picture.schedules for _, picture in read) and any(problems.values()):
            raise Unsupported(next(filter(None, problems.values())))
        rows = [{"backend": one.name, **describe_schedule(each)} for one, picture in read for each in picture.schedules]
        shown = rows if form in {Format.JSON, Format.NDJSON} else list(map(schedule_row, rows))
        show_rows(shown, systems.table(SCHEDULE_COLUMNS), Format(form), systems.table(SCHEDULE_TABLE))
        for one, problem in problems.items():
            if problem:
                systems.tell_of(one)(problem)


def _lacking(system: System) -> str:
    capabilities = system.feed.capabilities
    return capabilities.reasons.get(Verb.SCHEDULE, f"{capabilities.label} keeps no schedules that could be seen here")


@contextmanager
def _keeper(**connection: Any) -> Iterator[tuple[Operations, Callable[[Report], None]]]:
    """Open the only system that keeps schedules; the second value prints the result of an act there."""
    with opened_systems(**connection) as systems:
        system = systems.able_to(Verb.SCHEDULE)
        yield system.operations, lambda report: _tell(report, systems.tell_of(system))


def _reason(decorated: Command) -> Command:
    return click.option("--reason", default="", help="Kept in the record.")(connection_options(decorated))


@command.command("add")
@click.argument("name", type=written_name)
@click.argument("job_type", metavar="TYPE")
@click.option("--cron", metavar="EXPR", help="Five fields, such as '30 2 * * 1-5', or @hourly, @daily, @weekly ...")
@click.option(
    "--tz", metavar="ZONE", help="The time zone of --cron, as Europe/Berlin; without it the profile's, else UTC."
)
@click.option("--every", "every_s", type=duration, metavar="DUR", help="Every so many whole seconds: 90, 5m, 2h.")
@click.option("--payload", "-p", default="{}", metavar="JSON|@FILE|-", help="The payload of each job.")
@click.option(
    "--queue",
    "-q",
    type=queue_name,
    default="default",
    show_default=True,
    metavar="QUEUE",
    help="The queue of each job.",
)
@click.option("--priority", type=read_priority_option, default="0", metavar="N", help="Higher first; or low, high ...")
@click.option(
    "--max-attempts",
    type=read_attempts_option,
    metavar="N",
    default=3,
    show_default=True,
    help="Runs before giving up.",
)
@click.option(
    "--tag", "tags", multiple=True, type=tag_name, metavar="TAG", help="Shown with each job; may be repeated."
)
@needs_option
@click.option(
    "--overlap/--no-overlap", default=True, show_default=True, help="Make a job while the one before goes on."
)
@click.option(
    "--missed",
    type=click.Choice([policy.value for policy in Missed]),
    default=Missed.LATEST.value,
    show_default=True,
    help="Which slots run that passed while no worker looked.",
)
@click.option(
    "--grace", "grace_s", type=duration, default="1d", show_default=True, metavar="DUR", help="Not older ones."
)
@click.option("--replace", is_flag=True, help="Take the place of a schedule of this name; its pause stays.")
@_reason
def add(name: str, job_type: str, replace: bool, reason: str, **given: Any) -> None:
    """Add a recurring job NAME that makes jobs of TYPE; any worker makes one job a slot."""
    connection = take_connection(given)
    try:
        with _keeper(**connection) as (operations, tell):
            spec = _read_spec(name, job_type, **given)
            tell(operations.schedules.add(spec, replace=replace, reason=reason))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _read_spec(name: str, job_type: str, **given: Any) -> ScheduleSpec:
    every_s = given["every_s"]
    if (given["cron"] is None) == (every_s is None):
        raise click.UsageError("give --cron or --every, and not both")
    if every_s is not None and every_s != int(every_s):
        raise click.UsageError("--every takes whole seconds")
    pattern = JobPattern(
        type=job_type,
        payload=encode_payload(read_payload_option(given["payload"])).decode(),
        queue=given["queue"],
        priority=given["priority"],
        max_attempts=given["max_attempts"],
        tags=tuple(dict.fromkeys(given["tags"])),
        needs=tuple(dict.fromkeys(given["needs"])),
    )
    timing = Timing(given["cron"], None if every_s is None else int(every_s), given["tz"] or zone_name())
    return ScheduleSpec(name, timing, pattern, given["overlap"], Missed(given["missed"]), given["grace_s"])


@command.command("remove")
@click.argument("name", type=written_name)
@_reason
def remove(name: str, reason: str, **connection: Any) -> None:
    """Remove the recurring job NAME; the jobs it made stay."""
    with _keeper(**connection) as (operations, tell):
        tell(operations.schedules.remove(name, reason=reason))


@command.command("pause")
@click.argument("name", type=written_name)
@_reason
def pause(name: str, reason: str, **connection: Any) -> None:
    """Make no jobs of NAME until it is resumed; slots that pass meanwhile are not made up for."""
    with _keeper(**connection) as (operations, tell):
        tell(operations.schedules.set_paused(name, paused=True, reason=reason))


@command.command("resume")
@click.argument("name", type=written_name)
@_reason
def resume(name: str, reason: str, **connection: Any) -> None:
    """Let NAME go on with its next slot from now."""
    with _keeper(**connection) as (operations, tell):
        tell(operations.schedules.set_paused(name, paused=False, reason=reason))


@command.command("run-now")
@click.argument("name", type=written_name)
@_reason
def run_now(name: str, reason: str, **connection: Any) -> None:
    """Make a job of NAME now, paused or not, and print its id; its slots stay as they are."""
    with _keeper(**connection) as (operations, tell):
        report = operations.schedules.run_now(name, reason=reason)
        if report.complete:
            write(sanitize(report.results[0].note.removeprefix("job ")))
        tell(report)


def _tell(report: Report, tell: Callable[[str], None]) -> None:
    for line in report.lines():
        tell(line)
    if not report.complete:
        raise Exit(exit_codes.REFUSED)
