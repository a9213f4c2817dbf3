"""`queuetui replay`: run a job's handler here without changing the job."""

from __future__ import annotations

import logging
import sys
from typing import Any

import rich_click as click
from click.exceptions import Exit

from queuetui.cli import exit_codes
from queuetui.cli.options import store_option, whole_option
from queuetui.cli.output import cell, say, say_traceback, streams_kept, write
from queuetui.cli.session import working_folder
from queuetui.cli.systems import opened_systems
from queuetui.model.act import Verb
from queuetui.model.errors import Unsupported
from queuetui.model.text import Untrusted
from queuetui.monitor.diagnosis.words import command as command_words

_MEGABYTE = 1024 * 1024


@click.command()
@click.argument("job_id", metavar="ID")
@click.option("--app", metavar="MODULE[:OBJECT]", help="Import it: its declared jobs and its names are handlers.")
@click.option("--allow", multiple=True, metavar="PREFIX", help="Modules a job may name its handler from.")
@click.option("--pdb", "is_debugged", is_flag=True, help="Open the debugger where the handler raises.")
@click.option("--profile", "is_measured", is_flag=True, help="Tell which functions took the time, and the memory.")
@whole_option
@store_option
def command(
    job_id: str,
    app: str | None,
    allow: tuple[str, ...],
    *,
    is_debugged: bool,
    is_measured: bool,
    whole: bool,
    **connection: Any,
) -> None:
    """Run a copy of a job's handler here, in the foreground; the job itself is read and not touched.

    What the handler does outside of the queue is really done. Exits with 1 when it fails. A profile of the settings is named before the
    command: queuetui --profile prod replay ID
    """
    from queuetui.engine.allowed import AllowRule
    from queuetui.engine.logs import configure_logs
    from queuetui.engine.replay import copy_of, debug, measured, run_again
    from queuetui.engine.tasks import Tasks

    with opened_systems(**connection) as systems:
        system, found = systems.find_job(job_id, whole=whole)
        if not system.feed.capabilities.native:
            label = system.feed.capabilities.label
            again = command_words("retry", "--id", Untrusted(found), way=system.feed.access.way_to(Verb.RETRY))
            raise Unsupported(f"only jobs of our own queue can be run here; a worker of {label} runs this one: {again}")
        job = system.feed.open(found).job
    here = working_folder()
    if str(here) not in sys.path:
        sys.path.insert(0, str(here))
    tasks, copy = Tasks(app, AllowRule(allow, here, commands=False)), copy_of(job)
    say(f"running {cell(job.type)} with the payload of {found}; the job stays {job.state.value}")
    configure_logs(sys.stderr, as_json=False, level=logging.INFO)
    if is_measured:
        with streams_kept():
            replay, measures = measured(lambda: run_again(copy, tasks))
        write(measures.functions)
        write(f"most memory held by Python: {measures.peak_bytes / _MEGABYTE:.1f} MB")
    else:
        with streams_kept():
            replay = run_again(copy, tasks)
    if replay.error is not None:
        say_traceback(replay.error)
        if is_debugged:
            debug(replay)
    else:
        write(f"returned {cell(repr(replay.value))}")
    say(f"{cell(replay.story)} after {replay.settlement.duration_s or 0.0:.3f} s")
    if not replay.is_well:
        raise Exit(exit_codes.REFUSED)
