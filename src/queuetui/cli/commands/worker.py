"""`queuetui worker`: run a worker without a screen."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any

import rich_click as click

from queuetui.cli.options import (
    NumberRange,
    connection_options,
    counted_tag,
    duration,
    join_queues,
    positive_duration,
    queue_names,
    some,
    tag_name,
    take_connection,
)
from queuetui.cli.output import own_streams
from queuetui.cli.session import (
    backend_options,
    choose_profile,
    describe_new_queue,
    flags_of,
    require_own_queue,
    working_folder,
)
from queuetui.model.errors import Denied, Unreachable
from queuetui.operate.rights import require_writable

if TYPE_CHECKING:
    from queuetui.engine.settings import WorkerSettings
    from queuetui.engine.worker import WorkerReport

# A tenth of Python's default: threads with an answer of the store wait less for handlers to release the interpreter.
SWITCH_S = 0.0005
MOST_SLOTS = 10_000
MOST_LOGGED = 1_000_000
MEGABYTES = NumberRange(min=0, min_open=True)
NO_APP = (
    "without --app this worker gives back the jobs of declared types, and fails them after --unknown-after; "
    "only shell commands and types of the form module:function run; keep its queues apart with -q, or name the app"
)
LEVELS = ("debug", "info", "warning", "error")


def _take_one(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> str | None:
    if len(given) > 1:
        message = f"one module can be named, not {len(given)}; name one that imports the others"
        raise click.BadParameter(message)
    return given[0] if given else None


@click.command()
@click.option(
    "--app",
    multiple=True,
    callback=_take_one,
    metavar="MODULE[:OBJECT]",
    help="Import it: its declared jobs and its names are handlers.",
)
@click.option("--allow", multiple=True, metavar="PREFIX", help="Modules a job may name its handler from.")
@click.option(
    "--queue",
    "-q",
    "queues",
    multiple=True,
    type=queue_names,
    metavar="Q[,Q...]",
    help="Listen to these queues, the first named first; '*' or nothing is all.",
)
@click.option(
    "--concurrency", "-c", type=click.IntRange(1, MOST_SLOTS), default=4, show_default=True, help="Jobs at a time."
)
@click.option("--batch", type=some, default=500, show_default=True, help="Claimed and settled at most at a time.")
@click.option("--once", is_flag=True, help="Run one job, then exit; waits for one unless --burst is given too.")
@click.option("--jobs", type=some, metavar="N", help="Run at most N jobs, then exit.")
@click.option("--timeout", type=duration, metavar="DUR", help="Stop gracefully after so long.")
@click.option("--job-timeout", type=positive_duration, metavar="DUR", help="How long a run may take.")
@click.option("--sleep", type=positive_duration, default="1", show_default=True, metavar="DUR", help="Poll when idle.")
@click.option("--max-memory", type=MEGABYTES, metavar="MB", help="Stop gracefully when it holds more.")
@click.option("--burst", is_flag=True, help="Exit when nothing is pending.")
@click.option("--grace", type=duration, default="25", show_default=True, metavar="DUR", help="For jobs to end in.")
@click.option(
    "--lease", type=positive_duration, default="30", show_default=True, metavar="DUR", help="Silence a job survives."
)
@click.option(
    "--isolation",
    type=click.Choice(["thread", "process"]),
    help="Where handlers run; without it in threads, and in processes those with a hard time limit.",
)
@click.option("--recycle-jobs", type=some, metavar="N", help="Replace a process after N jobs.")
@click.option("--recycle-memory", type=MEGABYTES, metavar="MB", help="Replace a process that holds more, between jobs.")
@click.option("--measure", is_flag=True, help="Keep of every run its processor time and, in processes, its memory.")
@click.option("--result-ttl", type=duration, metavar="DUR", help="Delete results after so long, before their jobs.")
@click.option("--allow-command", is_flag=True, help="Run jobs that are shell commands: who can enqueue chooses them.")
@click.option(
    "--tag", "tags", multiple=True, type=tag_name, metavar="TAG", help="A tag that jobs may need; may be repeated."
)
@click.option(
    "--unknown-after",
    type=duration,
    default="1h",
    show_default=True,
    metavar="DUR",
    help="Fail a job whose type is not known here after so long; until then it is given back.",
)
@click.option(
    "--metrics-port", type=click.IntRange(1, 65_535), metavar="PORT", help="Serve metrics for Prometheus on 127.0.0.1."
)
@click.option(
    "--metrics-label",
    "metrics_labels",
    multiple=True,
    metavar="NAME",
    help="A label of the metrics: of a job with the tag NAME:VALUE it is VALUE; repeatable.",
)
@click.option(
    "--count-tag",
    "counted_tags",
    multiple=True,
    type=counted_tag,
    metavar="NAME",
    help="Count the runs of jobs with a tag NAME:VALUE in the store, for the metrics of the server; repeatable.",
)
@click.option("--retry-jitter", type=NumberRange(0, 1), metavar="PART", help="Spread of every back-off.")
@click.option("--log-level", type=click.Choice(LEVELS), default="info", show_default=True, help="What is said.")
@click.option(
    "--log-jobs",
    type=click.IntRange(0, MOST_LOGGED),
    default=50,
    show_default=True,
    metavar="N",
    help="Tell of so many jobs a second one by one; debug tells of all.",
)
@connection_options
def command(**given: Any) -> None:
    """Run jobs until TERM, INT or HUP; the first waits for what runs, the second does not.

    A job type of the form module:function runs only if --app registers it, or if its module is under an --allow prefix; by default
    modules in the folder the worker was started in are allowed, and nothing that is installed.
    """
    from queuetui.engine.logs import configure_logs

    sys.setswitchinterval(SWITCH_S)
    level = logging.getLevelNamesMapping()[given.pop("log_level").upper()]
    configure_logs(sys.stderr, as_json=not sys.stderr.isatty(), level=level)
    connection = take_connection(given)
    report = work(_read_settings(given), **connection)
    if report.unfinished:
        # Handlers that do not end would delay the end of the process; their jobs are released already.
        _end_at_once()


def work(settings: WorkerSettings, **connection: Any) -> WorkerReport:
    """Open the store that the flags name and work it until the worker stops."""
    from queuetui.backends.embedded import choose_default_url
    from queuetui.backends.registry import open_native
    from queuetui.engine.child_starts import start_unforked
    from queuetui.engine.handler_forks import end_children
    from queuetui.engine.logs import log_event
    from queuetui.engine.worker import Worker

    profile = choose_profile(flags_of(**connection))
    require_own_queue(profile, "a worker works queuetui's own queue only")
    require_writable(profile.rights, profile.name, "nothing was worked")
    try:
        made = describe_new_queue(profile)
        backend = open_native(profile.url, backend_options(profile, create=True))
    except Denied as error:
        raise Unreachable(str(error)) from error
    choose_default_url(profile.url)
    if made is not None:
        log_event("queue_made", logging.INFO, message=made)
    if settings.allow_command and settings.app is None:
        log_event("no_app", logging.WARNING, message=NO_APP)
    start_unforked()
    try:
        try:
            with own_streams():
                report = Worker(backend, settings).run()
        finally:
            end_children()
        if report.store_silent:
            _end_at_once()
    finally:
        backend.close()
    return report


def _end_at_once() -> None:
    logging.shutdown()
    os._exit(0)


def _read_settings(given: dict[str, Any]) -> WorkerSettings:
    from queuetui.engine.settings import WorkerSettings

    here = working_folder()
    # Handlers are found from the working directory, as `python -m` would find them.
    if str(here) not in sys.path:
        sys.path.insert(0, str(here))
    return WorkerSettings(
        queues=join_queues(given["queues"]),
        concurrency=given["concurrency"],
        batch=given["batch"],
        jobs=1 if given["once"] else given["jobs"],
        burst=given["burst"],
        timeout_s=given["timeout"],
        job_timeout_s=given["job_timeout"],
        sleep_s=given["sleep"],
        max_memory_mb=given["max_memory"],
        grace_s=given["grace"],
        lease_s=given["lease"],
        tags=tuple(dict.fromkeys(given["tags"])),
        app=given["app"],
        allow=tuple(given["allow"]),
        retry_jitter=given["retry_jitter"],
        isolation=given["isolation"],
        recycle_jobs=given["recycle_jobs"],
        recycle_memory_mb=given["recycle_memory"],
        root=here,
        log_jobs=given["log_jobs"],
        allow_command=given["allow_command"],
        measure=given["measure"],
        result_ttl_s=given["result_ttl"],
        unknown_after_s=given["unknown_after"],
        metrics_port=given["metrics_port"],
        metrics_labels=tuple(dict.fromkeys(given["metrics_labels"])),
        counted_tags=tuple(dict.fromkeys(given["counted_tags"])),
    )
