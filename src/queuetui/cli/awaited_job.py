"""`queuetui enqueue --wait`: waits for the end of the job, and answers with its result."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click
from click.exceptions import Exit

from queuetui.cli import exit_codes
from queuetui.cli.options import duration, positive_duration
from queuetui.cli.output import Format, finish, say, show_document, write
from queuetui.cli.tables import error_text
from queuetui.model.state import State

if TYPE_CHECKING:
    from queuetui.client import EnqueueResult, Queue
    from queuetui.model.document import JobDocument

Command = TypeVar("Command", bound=Callable[..., Any])
WAIT = "--wait"


class WaitingCommand(click.RichCommand):
    """A command whose --wait has an optional value: the next word is its value only if it is a duration."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Give a --wait without a value an infinite one."""
        end = args.index("--") if "--" in args else len(args)
        words = [
            f"{WAIT}=" if word == WAIT and index < end and not _is_duration(args[index + 1 : end]) else word
            for index, word in enumerate(args)
        ]
        return super().parse_args(ctx, words)


def _is_duration(following: list[str]) -> bool:
    try:
        duration(following[0])
    except (IndexError, click.BadParameter):
        return False
    return True


def _wait_span(text: str) -> float:
    return positive_duration(text) if text else math.inf


def wait_option(command: Command) -> Command:
    """Add --wait, passed as `wait_s`.

    It is infinite without a duration, and None if the option was not given.
    """
    return click.option(
        WAIT,
        "wait_s",
        type=_wait_span,
        metavar="[DUR]",
        help="Wait until it has ended, at most DUR, and print its result as JSON; exit 1 unless it completed.",
    )(command)


def tell_end(queue: Queue, answer: EnqueueResult, wait_s: float, form: Format) -> None:
    """Wait for the end of a job and write its result.

    Raises Exit if the job did not complete, NotFound if it was pruned.
    """
    say(f"waiting for job {answer.id}; Ctrl+C ends the waiting and leaves the job alone")
    try:
        job = queue.wait(answer.id, wait_s)
    except TimeoutError as error:
        say(str(error))
        job = queue.get(answer.id)
    if form is Format.TABLE:
        _tell(job)
    else:
        shown = {"id": job.id, "created": answer.created, "state": job.state, "result": job.result, "error": job.error}
        show_document(shown, form)
    finish()
    if job.state != State.COMPLETED:
        raise Exit(exit_codes.REFUSED)


def _tell(job: JobDocument) -> None:
    if job.state == State.COMPLETED:
        write(json.dumps(job.result))
    elif job.state in {State.FAILED, State.CANCELLED}:
        say(f"job {job.id} is {job.state}{': ' if job.error else ''}{error_text(job.error) or ''}")
