"""The `queuetui` program.

It finds and runs the command, and turns errors into one line and an exit code.
"""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from importlib import import_module
from threading import Event, Thread, active_count
from typing import Any, NoReturn

import rich_click as click
from click.exceptions import Exit

from queuetui import __version__
from queuetui.cli import exit_codes, output
from queuetui.cli.options import connection_options
from queuetui.cli.session import Flags
from queuetui.model.errors import QueueTuiError

LEFT_END_WITHIN_S = 3.0
COMMANDS = {
    "cancel": ("acts", "cancel"),
    "check": ("check", "command"),
    "cleanup": ("acts", "cleanup"),
    "database": ("database", "command"),
    "delete": ("acts", "delete"),
    "demo": ("demo", "command"),
    "discover": ("discover", "command"),
    "doctor": ("doctor", "command"),
    "enqueue": ("enqueue", "command"),
    "events": ("events", "command"),
    "failures": ("failures", "command"),
    "gaps": ("gaps", "command"),
    "health": ("health", "command"),
    "jobs": ("jobs", "command"),
    "lives": ("lives", "command"),
    "logs": ("logs", "command"),
    "map": ("map", "command"),
    "migrate": ("migrate", "command"),
    "pause": ("queues", "pause"),
    "profiles": ("profiles", "command"),
    "purge": ("acts", "purge"),
    "queues": ("queues", "command"),
    "release": ("acts", "release"),
    "replay": ("replay", "command"),
    "resume": ("queues", "resume"),
    "retry": ("acts", "retry"),
    "schedules": ("schedules", "command"),
    "serve": ("serve", "command"),
    "service": ("service", "command"),
    "show": ("show", "command"),
    "stats": ("stats", "command"),
    "token": ("token", "command"),
    "tokens": ("upkeep", "tokens"),
    "trace": ("events", "trace"),
    "upkeep": ("upkeep", "command"),
    "watch-alarms": ("watch_alarms", "command"),
    "why": ("show", "why"),
    "worker": ("worker", "command"),
    "workers": ("workers", "command"),
}


class LazyGroup(click.RichGroup):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every command's name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"queuetui.cli.commands.{module}"), attribute)
        command.name = cmd_name
        return command


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@connection_options
@click.version_option(__version__, prog_name="queuetui")
@click.pass_context
def program(context: click.Context, /, **given: Any) -> None:
    """See what is running, failing and stuck in a job queue, and mend it.

    Without a command the console opens.
    """
    context.obj = Flags(**given)
    if context.invoked_subcommand is None:
        console = import_module("queuetui.cli.commands.console")
        console.open_console()


def main() -> NoReturn:
    """Run the program and exit."""
    code = run()
    if active_count() > 1:
        threads_ended = Event()
        # Exit handlers run last-registered first, after Python has waited for all threads; the handlers after this one are not timed.
        atexit.register(threads_ended.set)
        with suppress(RuntimeError):
            Thread(target=_end_within, args=(threads_ended, code), name="queuetui-end", daemon=True).start()
    sys.exit(code)


def _end_within(threads_ended: Event, code: int) -> None:
    """End this process if Python waits too long for threads that a worker's handlers left."""
    if threads_ended.wait(LEFT_END_WITHIN_S):
        return
    import logging

    from queuetui.engine.logs import log_event

    log_event(
        "threads_left",
        logging.WARNING,
        reason=f"what handlers left goes on {LEFT_END_WITHIN_S:g} s after the worker's end",
    )
    logging.shutdown()
    os._exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit code.

    Every error is one line on stderr, its traceback with QUEUETUI_DEBUG=1.
    """
    output.prepare_streams()
    code = _run(arguments)
    try:
        output.finish()
    except Exit:
        return code
    except QueueTuiError as error:
        return _report(error)
    return code


def _run(arguments: list[str] | None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    try:
        ended = program.main([_read_word(word) for word in words], prog_name="queuetui", standalone_mode=False)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else exit_codes.REFUSED
    except (click.Abort, KeyboardInterrupt):
        output.say("stopped")
        return exit_codes.INTERRUPTED
    except click.ClickException as error:
        output.say_why(_in_one_line(error))
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the last net: whatever it is, one line and an exit code
        return _report(error)
    # click returns the code of an Exit, else the command's return value, and our commands return None.
    return ended if isinstance(ended, int) else exit_codes.OK


def _read_word(word: str) -> str:
    """Return an argument decoded as UTF-8, also if the locale could not decode its bytes."""
    try:
        word.encode()
    except UnicodeEncodeError:
        try:
            return os.fsencode(word).decode()
        except UnicodeError:
            message = f"{word!a} is not UTF-8 text; write it in UTF-8"
            raise click.UsageError(message) from None
    return word


def _in_one_line(error: click.ClickException) -> str:
    hint = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f" (see: {error.ctx.command_path} --help)"
    return " ".join(error.format_message().split()) + hint


def _report(error: Exception) -> int:
    if os.environ.get("QUEUETUI_DEBUG"):
        output.say_traceback(error)
    if isinstance(error, QueueTuiError):
        output.say_why(str(error))
        return exit_codes.exit_code(error)
    if isinstance(error, OSError) and error.strerror:
        # For example a full disk while help is printed: the message is the system's.
        output.say_why(f"the system refused it: {error.strerror}; mend that, then run it again")
        return exit_codes.REFUSED
    # The error's own message may quote anything, such as a password.
    output.say_why(
        f"this is a fault of the program ({type(error).__name__}); to see where, run it again with QUEUETUI_DEBUG=1"
    )
    return exit_codes.REFUSED
