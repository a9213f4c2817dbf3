"""`queuetui enqueue`: store one job."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from queuetui.cli.awaited_job import WaitingCommand, tell_end, wait_option
from queuetui.cli.options import (
    checked,
    connection_options,
    duration,
    format_options,
    known_time,
    needs_option,
    positive_duration,
    queue_name,
    some_text,
    tag_name,
    take_connection,
    written_time,
)
from queuetui.cli.output import AnswerLost, Format, finish, say, show_document, write
from queuetui.cli.session import backend_options, choose_profile, describe_new_queue, flags_of, require_own_queue
from queuetui.model.bounded_text import PAYLOAD_BYTES, read_bounded
from queuetui.model.clock import to_text
from queuetui.model.errors import BadPayload, Denied, Unreachable, words_of
from queuetui.model.job_rules import parse_attempts, read_priority
from queuetui.model.zone import zoned_text
from queuetui.operate.rights import require_writable

if TYPE_CHECKING:
    from queuetui.client import EnqueueResult, JobOptions, Queue

read_attempts_option = checked(parse_attempts)
read_priority_option = checked(read_priority)


def read_payload_option(source: str) -> object:
    """Return the JSON value of an option, of a @FILE or of standard input.

    Raises BadPayload with the position.
    """
    name = "the payload"
    try:
        if source == "-":
            name = "standard input"
            # In UTF-8 whatever the locale says, as files are.
            text = read_bounded(sys.stdin.buffer, PAYLOAD_BYTES)
        elif source.startswith("@"):
            name = f"the file {source[1:]!r}"
            with Path(source[1:]).open("rb") as file:
                text = read_bounded(file, PAYLOAD_BYTES)
        else:
            text = source
        return json.loads(text)
    except json.JSONDecodeError as error:
        message = f"{name} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        hint = '; write it like \'{"to": "ann@example.com"}\', @FILE or - for standard input'
        raise BadPayload(message + hint) from None
    except UnicodeDecodeError:
        raise BadPayload(f"{name} is not UTF-8 text; write it in UTF-8") from None
    except OSError as error:
        raise BadPayload(f"{name} cannot be read: {words_of(error)}; write @FILE, or - for standard input") from None
    except RecursionError:
        raise BadPayload(f"{name} is nested too deeply; send less in it") from None
    except ValueError:
        raise BadPayload(f"{name} holds a number of more digits than can be read; send it as a text") from None


def _store(
    queue: Queue, job_type: str | None, command_line: str | None, value: object, options: JobOptions
) -> EnqueueResult:
    if command_line is not None:
        return queue.enqueue_command(command_line, **options)
    return queue.enqueue(job_type or "", value, **options)


def _answer(queue: Queue, answer: EnqueueResult, at: datetime | None, wait_s: float | None, form: Format) -> None:
    """Write the id of the job and when it is due, or its result once it has ended."""
    state = "pruned" if answer.state is None else answer.state.value
    if not answer.created:
        say(f"nothing was stored: this key belongs to job {answer.id}, which is {state}")
    elif at is not None and form is Format.TABLE:
        say(f"due at {zoned_text(at)}")
    due = {} if at is None or not answer.created else {"scheduled_at": to_text(at)}
    try:
        if wait_s is not None:
            tell_end(queue, answer, wait_s, form)
        elif form is Format.TABLE:
            write(answer.id)
        else:
            show_document({"id": answer.id, "created": answer.created, "state": state, **due}, form)
        finish()
    except AnswerLost:
        say(f"the job is {'stored' if answer.created else 'there'} as {answer.id}: do not send it again")
        raise


@click.command(cls=WaitingCommand)
@click.argument("job_type", metavar="[TYPE]", required=False)
@click.option("--command", "command_line", metavar="TEXT", help="A shell command in place of a TYPE.")
@click.option("--payload", "-p", metavar="JSON|@FILE|-", help="What the handler is given.")
@click.option("--queue", "-q", type=queue_name, metavar="QUEUE", help="The queue.  [default: default]")
@click.option(
    "--priority", type=read_priority_option, metavar="N", help="Higher first; or low, normal, high, critical."
)
@click.option("--delay", type=duration, metavar="DUR", help="Due after so long, such as 30s or 2h.")
@click.option(
    "--at",
    type=written_time,
    metavar="TIME",
    help="Due at a time, such as 2030-01-31T08:00:00Z; without a zone in the profile's.",
)
@click.option("--max-attempts", type=read_attempts_option, metavar="N", help="How often it may run.  [default: 3]")
@click.option(
    "--key", "idempotency_key", type=some_text, metavar="KEY", help="A second job with this key is the first one."
)
@click.option(
    "--correlation-id",
    type=some_text,
    metavar="ID",
    envvar="QUEUETUI_CORRELATION_ID",
    help="Ties jobs together that have one cause; within a command job it is that job's.",
)
@click.option("--name", type=some_text, metavar="TEXT", help="A name for people.")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    type=tag_name,
    metavar="TAG",
    help="A tag to find it by, and for a command one that its worker must bear; may be repeated.",
)
@needs_option
@click.option("--timeout", type=positive_duration, metavar="DUR", help="How long a run may take.")
@wait_option
@format_options
@connection_options
def command(
    job_type: str | None, command_line: str | None, payload: str | None, wait_s: float | None, form: str, **given: Any
) -> None:
    """Store one job and print its id; the embedded file and the tables are made when absent.

    TYPE is a declared job type, or an exact path such as package.module:function. A --command is run by the shell of a worker that
    was started with --allow-command.
    """
    if (job_type is None) == (command_line is None):
        raise click.UsageError("give a TYPE or a --command, one of them")
    if command_line is not None and (payload is not None or not command_line.strip()):
        raise click.UsageError("a --command has no payload of its own and is not empty")
    from queuetui.client import JobOptions, Queue

    connection = take_connection(given)
    profile = choose_profile(flags_of(**connection))
    require_own_queue(profile, "jobs can only be enqueued in queuetui's own queue")
    require_writable(profile.rights, profile.name, "nothing was enqueued")
    if given["delay"] is not None and given["at"] is not None:
        raise click.UsageError("a job has either a --delay or a time --at which it is due; give one of them")
    if given["at"] is not None:
        given["at"] = known_time(given["at"])
    options = JobOptions(**{name: value for name, value in given.items() if value is not None})  # type: ignore[typeddict-item]  # click's names are its keys
    value = read_payload_option(payload if payload is not None else "{}")
    try:
        made = describe_new_queue(profile)
        with Queue(profile.url, options=backend_options(profile, create=True)) as queue:
            answer = _store(queue, job_type, command_line, value, options)
            if made is not None:
                say(made)
            _answer(queue, answer, given["at"], wait_s, Format(form))
    except Denied as error:
        raise Unreachable(str(error)) from error
