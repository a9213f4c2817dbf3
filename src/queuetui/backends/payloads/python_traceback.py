"""Reads the text of a Python traceback as an error."""

from __future__ import annotations

import re
from dataclasses import replace

from queuetui.backends.payloads.containers import inflate, open_base64
from queuetui.backends.payloads.decoder import Caps, Undecodable
from queuetui.model.job import JobError
from queuetui.model.text import Untrusted

FIRST_LINE = "Traceback (most recent call last):"
_HEADER = re.compile(r" *(?:[+|] )?(Exception Group )?Traceback \(most recent call last\):")
# What stands above the traceback of an exception that another one led to; a traceback without it is a part of a message.
_LINKS = frozenset(
    {
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
    }
)
_FRAME = re.compile(r"^ +File \"", re.MULTILINE)
# An exception as its repr tells it, up to Python 3.6 with a comma behind a single argument; and one string in quotes.
_REPR = re.compile(r"([A-Za-z_][\w.]*)\((.*?),?\)", re.DOTALL)
_QUOTED = re.compile(r"(['\"])(.*)\1", re.DOTALL)
# What Python writes where nothing is being handled any more.
_NOTHING = "NoneType: None"
# What stands before each line of a group of exceptions.
_MARGIN = re.compile(r" *[+|] ")


def read_traceback(text: str) -> JobError | None:
    """Return the error that a traceback tells of, None where there is no text."""
    trace = text.strip("\n")
    if not trace.strip():
        return None
    said = _said_last(trace.splitlines())
    name, _, message = said.partition(":")
    if not all(part.strip("<>").isidentifier() for part in name.split(".")):
        # A few words that some program left in its place.
        name, message = "", said
    return JobError(Untrusted(name.rpartition(".")[2]), Untrusted(message.strip()), Untrusted(trace.strip()))


def read_traceback_or_repr(trace: str, told: str) -> JobError | None:
    """Return the error of a traceback, or of the repr beside it where that one tells of none."""
    if trace.strip() not in ("", _NOTHING):
        return read_traceback(trace)
    found = _REPR.fullmatch(told.strip())
    if found is None:
        return read_traceback(told)
    quoted = _QUOTED.fullmatch(found[2])
    return JobError(
        Untrusted(found[1].rpartition(".")[2]), Untrusted(quoted[2] if quoted else found[2]), Untrusted(told.strip())
    )


def read_long_traceback(text: str, end: str) -> JobError | None:
    """Return the error of a traceback that may be cut, with its end, which tells what was raised.

    Where no frame stands in the end, it is a part of a message that begins in the text.
    """
    if text.endswith(end) or not _FRAME.search(end):
        return read_traceback(text)
    found = read_traceback(f"{FIRST_LINE}\n  {end}")
    return None if found is None else replace(found, traceback=Untrusted(text))


def read_error(told: object) -> JobError | None:
    """Return the error of a traceback, or of the words that replace it where a run was stopped."""
    if not isinstance(told, str) or not told.strip():
        return None
    return read_traceback(told) if _HEADER.search(told) else JobError(Untrusted(""), Untrusted(told), Untrusted(""))


def _said_last(lines: list[str]) -> str:
    """Return what stands behind the frames of the last exception; a message may have lines of any form."""
    headers = [(at, found[1]) for at, line in enumerate(lines) if (found := _HEADER.match(line))]
    if not headers:
        return next((line for line in lines if line[:1].strip()), lines[0]).strip()
    # Between the two is an empty line.
    linked = [one for one in headers if one[0] > 1 and lines[one[0] - 2] in _LINKS]
    at, is_group = linked[-1] if linked else headers[0]
    behind = [_MARGIN.sub("", line, count=1) if is_group else line for line in lines[at + 1 :]]
    first = next((place for place, line in enumerate(behind) if line[:1].strip()), len(behind))
    return "\n".join(behind[first : first + 1] if is_group else behind[first:])


def read_packed_traceback(packed: bytes, *, in_base64: bool) -> JobError | None:
    """Return the error of a traceback that zlib packed, None where it cannot be opened."""
    try:
        opened = inflate(open_base64(packed) if in_base64 else packed, Caps())
    except Undecodable:
        return None
    return read_traceback(opened.decode("utf-8", "replace"))
