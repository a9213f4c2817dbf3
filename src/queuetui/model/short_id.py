"""The part of an id by which a person tells jobs apart, and that the search for an id takes."""

from __future__ import annotations

import re

# Of ids by time and host, as `uuid1` makes them, the ends are alike: the clock's low part, which differs, stands first.
_BY_HOST = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_CHARS = 36


def end_of_id(job_id: str, chars: int) -> str:
    """Return the last characters of an id, at least so many as tell it from others of its kind."""
    # An id may hold megabytes, and a list asks for the end of each of its ids.
    by_host = _BY_HOST.fullmatch(job_id[-_CHARS:])
    return job_id[-chars:] if by_host is None else by_host.group()
