"""`queuetui enqueue`: store one job."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, duration, format_options
from queuetui.cli.output import Format, say, show_document, write
from queuetui.cli.session import backend_options, choose_profile, describe_new_queue, flags_of
from queuetui.model.errors import BadPayload, Denied, Unreachable, Unsupported


def read_time(text: str) -> datetime:
    """Return an aware time from RFC 3339 text; without a zone it is this machine's own, as an option's type."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is not a time; write it like 2030-01-31T08:00:00Z"
        raise click.BadParameter(message) from None
    return at if at.tzinfo is not None else at.astimezone()


def read_priority_option(text: str) -> int:
    """Return the number of a priority, as an option's type."""
    from queuetui.client.new_job import read_priority

    try:
        return read_priority(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def read_payload_option(source: str) -> object:
    """Return the JSON value of an option, of a @FILE or of standard input. Raises BadPayload with the position."""
    name = "the payload"
    try:
        if source == "-":
            name, text = "standard input", sys.stdin.read()
        elif source.startswith("@"):
            name, text = source[1:], Path(source[1:]).read_text(encoding="utf-8")
        else:
            text = source
        return json.loads(text)
    except json.JSONDecodeError as error:
        message = f"{name} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        hint = '; write it like \'{"to": "ann@example.com"}\', @FILE or - for standard input'
        raise BadPayload(message + hint) from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        message = f"{name} cannot be read: {error}"
        raise BadPayload(message) from None


@click.command()
@click.argument("job_type", metavar="TYPE")
@click.option("--payload", "-p", default="{}", metavar="JSON|@FILE|-", help="What the handler is given.")
@click.option("--queue", "-q", help="The queue.  [default: default]")
@click.option(
    "--priority", type=read_priority_option, metavar="N", help="Higher first; or low, normal, high, critical."
)
@click.option("--delay", type=duration, metavar="DUR", help="Due after so long, such as 30s or 2h.")
@click.option("--at", type=read_time, metavar="TIME", help="Due at a time, such as 2030-01-31T08:00:00Z.")
@click.option("--max-attempts", type=click.IntRange(min=1), metavar="N", help="How often it may run.  [default: 3]")
@click.option("--key", "idempotency_key", metavar="KEY", help="A second job with this key is the first one.")
@click.option("--correlation-id", metavar="ID", help="Ties jobs together that have one cause.")
@click.option("--name", metavar="TEXT", help="A name for people.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag to find it by; may be repeated.")
@click.option(
    "--needs", "needs", multiple=True, metavar="TAG", help="Only a worker with this --tag runs it; repeatable."
)
@click.option("--timeout", type=duration, metavar="DUR", help="How long a run may take.")
@format_options
@connection_options
def command(job_type: str, payload: str, form: str, **given: Any) -> None:
    """Store one job and print its id. The embedded file and the tables are made when absent.

    TYPE is a declared job type, or an exact path such as package.module:function.
    """
    from queuetui.client import JobOptions, Queue

    connection = {name: given.pop(name) for name in ("url", "profile", "kind", "operate")}
    profile = choose_profile(flags_of(**connection))
    if profile.kind not in {None, "native"}:
        message = f"jobs can only be enqueued in queuetui's own queue, and {profile.name} is of kind {profile.kind}"
        raise Unsupported(message)
    options = JobOptions(**{name: value for name, value in given.items() if value is not None})  # type: ignore[typeddict-item]  # click's names are its keys
    value = read_payload_option(payload)
    try:
        made = describe_new_queue(profile)
        with Queue(profile.url, options=backend_options(profile, create=True)) as queue:
            answer = queue.enqueue(job_type, value, **options)
    except Denied as error:
        raise Unreachable(str(error)) from error
    if made is not None:
        say(made)
    state = "pruned" if answer.state is None else answer.state.value
    if not answer.created:
        say(f"nothing was stored: this key belongs to job {answer.id}, which is {state}")
    if form == Format.TABLE:
        write(answer.id)
    else:
        show_document({"id": answer.id, "created": answer.created, "state": state}, Format(form))
