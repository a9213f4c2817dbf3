"""Reads the text of a Python traceback as an error."""

from __future__ import annotations

from queuetui.backends.payloads.containers import inflate, open_base64
from queuetui.backends.payloads.decoding import Caps, Undecodable
from queuetui.model.job import JobError
from queuetui.model.text import Untrusted


def read_traceback(text: str) -> JobError | None:
    """Return the error of a traceback, named by its last line that is not indented; None without text."""
    trace = text.strip()
    if not trace:
        return None
    last = next((line for line in reversed(trace.splitlines()) if line[:1].strip()), "")
    name, _, message = last.partition(":")
    if not all(part.isidentifier() for part in name.split(".")):
        # A few words that some program left in its place.
        name, message = "", last
    return JobError(Untrusted(name.rpartition(".")[2]), Untrusted(message.strip()), Untrusted(trace))


def read_packed_traceback(packed: bytes, *, in_base64: bool) -> JobError | None:
    """Return the error of a traceback that zlib packed, None where it cannot be opened."""
    try:
        opened = inflate(open_base64(packed) if in_base64 else packed, Caps())
    except Undecodable:
        return None
    return read_traceback(opened.decode("utf-8", "replace"))
