"""The one place that prints: data to stdout, messages to stderr, and no control sequences of data."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Any, TextIO

from click.exceptions import Exit
from rich.cells import cell_len

from queuetui.model.errors import QueueTuiError
from queuetui.model.text import DETAIL_CAP, ELLIPSIS, SafeText, Untrusted, sanitize
from queuetui.model.urls import hide_passwords

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
GAP = "  "
CELL_CAP = 60
# The column of the next step, always the last one.
STEP = "next"
WORDS_CAP = 16 * 1024
WHY_CAP = 2000
_YELLOW, _PLAIN = "\x1b[33m", "\x1b[0m"


class AnswerLost(QueueTuiError):
    """The output could not be written."""


@contextmanager
def streams_kept() -> Iterator[None]:
    """Restore the output streams after the block, in which foreign code may close them."""
    spared = dict[str, int]()
    for name in ("stdout", "stderr"):
        # A stream without a file descriptor, or a closed one, cannot be restored.
        with suppress(OSError, ValueError):
            spared[name] = os.dup(getattr(sys, name).fileno())
    try:
        yield
    finally:
        for name, number in spared.items():
            stream = getattr(sys, name)
            if stream is None or stream.closed:
                setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace"))
            else:
                os.close(number)


class Format(StrEnum):
    """How data is written."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


def show_rows(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    form: Format,
    table: Sequence[str] = (),
    *,
    headed: bool = True,
) -> None:
    """Write rows; a table shows the `table` columns (else all), CSV all `columns`, JSON all fields.

    Rows that continue earlier output are not `headed`.
    """
    if form is Format.JSON:
        _write_json_list(rows)
    elif form is Format.NDJSON:
        for row in rows:
            write(json.dumps(row))
    elif form is Format.CSV:
        _write_csv(rows, columns, headed=headed)
    else:
        shown = [[_table_cell(column, row.get(column)) for column in table or columns] for row in rows]
        _write_table(shown, table or columns, headed=headed)


def show_document(data: Mapping[str, Any], form: Format) -> None:
    """Write one document; a table has one line for each key, with nested values in JSON."""
    if form is Format.TABLE:
        width = max((len(key) for key in data), default=0)
        for key, value in data.items():
            lines = _long_text(value).split("\n")
            write(f"{sanitize(key):<{width}}{GAP}{lines[0]}")
            for line in lines[1:]:
                write(f"{'':<{width}}{GAP}{line}")
    elif form is Format.CSV:
        _write_csv([data], list(data))
    else:
        write(json.dumps(data, indent=2 if form is Format.JSON else None))


def prepare_streams() -> None:
    """Open standard streams that the caller closed, and make all of them accept every character."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The system hands out the lowest free descriptor: unless it is taken here, the next opened file would become this stream.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115 - a descriptor, for good
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(message: str) -> None:
    """Write a message to stderr, line by line, with passwords in URLs masked."""
    # A message that cannot be written is no reason to fail.
    with suppress(OSError):
        print(sanitize(hide_passwords(message), WORDS_CAP, keep_newlines=True), file=sys.stderr, flush=True)


def say_why(message: str) -> None:
    """Write why a command ended in one line; a long one is cut in the middle, so that its advice stays."""
    said = hide_passwords(message)
    if len(said) > WHY_CAP:
        said = f"{said[: WHY_CAP // 2]} {ELLIPSIS} {said[-WHY_CAP // 2 :]}"
    say(f"queuetui: {sanitize(said, WORDS_CAP)}")


def warn(message: str) -> None:
    """Write a message to stderr, in the colour of a warning if stderr is a terminal with colours."""
    is_coloured = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    text = sanitize(hide_passwords(message), WORDS_CAP)
    with suppress(OSError):
        print(f"{_YELLOW}{text}{_PLAIN}" if is_coloured else text, file=sys.stderr, flush=True)


def ring() -> None:
    """Ring the terminal's bell, if stderr is a terminal."""
    if sys.stderr.isatty():
        with suppress(OSError):
            print("\a", end="", file=sys.stderr, flush=True)


def say_traceback(error: BaseException) -> None:
    """Write the traceback of an error, without the values of variables."""
    say("".join(traceback.format_exception(error)).rstrip())


def write(line: str) -> None:
    """Write one line of data to stdout; the caller has sanitized it.

    If the reader has closed the pipe, the program ends with success.
    """
    with _written():
        print(line)


def finish() -> None:
    """Flush the buffered data; raises AnswerLost."""
    stream: TextIO | None = sys.stdout
    # A worker's handler may have closed or removed the stream.
    if stream is not None and not stream.closed:
        with _written():
            stream.flush()


@contextmanager
def own_streams() -> Iterator[None]:
    """Restore standard output and error after the block, in which handlers may have replaced them."""
    kept = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout, sys.stderr = kept


@contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # Python flushes the buffer when it ends, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise Exit(0) from None
        raise AnswerLost(
            f"the answer could not be written to stdout ({error.strerror}); what was asked for was done before"
        ) from None


def cell(value: Any) -> SafeText:
    """Return a value as one safe cell."""
    if value is None:
        return sanitize("-")
    if isinstance(value, str | Untrusted):
        # The second pass cuts the text again, as the escapes of the first made it longer.
        return sanitize(sanitize(value, CELL_CAP), CELL_CAP)
    if isinstance(value, bool):
        return sanitize("yes" if value else "no")
    if isinstance(value, int | float):
        return sanitize(f"{value:,}" if isinstance(value, int) else f"{value:.3f}")
    return sanitize(json.dumps(value), CELL_CAP)


def _long_text(value: Any) -> str:
    if isinstance(value, str):
        return sanitize(value, DETAIL_CAP, keep_newlines=True)
    if isinstance(value, dict | list):
        return sanitize(json.dumps(value, indent=2), DETAIL_CAP, keep_newlines=True)
    return cell(value)


def _write_json_list(rows: Iterable[Mapping[str, Any]]) -> None:
    first = True
    for row in rows:
        write(("[" if first else ",") + json.dumps(row))
        first = False
    write("[]" if first else "]")


def _write_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, headed: bool = True) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if headed:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([_csv_cell(row.get(column)) for column in columns])
        write(buffer.getvalue().rstrip("\n"))
        buffer.seek(0)
        buffer.truncate()
    if buffer.tell():
        write(buffer.getvalue().rstrip("\n"))


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return json.dumps(value)
    text = sanitize(value if isinstance(value, str) else json.dumps(value), DETAIL_CAP)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _table_cell(column: str, value: Any) -> SafeText:
    """Return a value as a cell of a table; a next step is not cut, as half a command does something else."""
    return sanitize(value, DETAIL_CAP) if column == STEP and isinstance(value, str) else cell(value)


def _write_table(cells: Sequence[Sequence[SafeText]], columns: Sequence[str], *, headed: bool) -> None:
    widths = [max([cell_len(column), *(cell_len(row[index]) for row in cells)]) for index, column in enumerate(columns)]
    for row in [columns, *cells] if headed else cells:
        padded = [text + " " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True)]
        write(GAP.join(padded).rstrip())
