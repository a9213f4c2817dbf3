"""Reads a payload that may be any bytes.

JSON is left as it is, other formats become JSON, text stays text, and the rest becomes base64.
"""

from __future__ import annotations

import base64
import json

from queuetui.backends.payloads.containers import GZIP, ZLIB
from queuetui.backends.payloads.decoder import JSON, Decoder
from queuetui.backends.payloads.msgpack_reader import MSGPACK
from queuetui.backends.payloads.pickle_reader import PICKLE

_READER = Decoder((ZLIB, GZIP), (PICKLE, JSON, MSGPACK))
_PLAIN = "its payload is not JSON of named values, and is shown as it is"
_BYTES = "its payload is not JSON nor text, and is shown in base64"
_LONG = "its payload is no text; here is its beginning in base64, and all of it is read where the job is opened"
# A character of UTF-8 has at most so many bytes.
_CHARACTER = 4


def read_any_bytes(raw: bytes) -> tuple[str, str]:
    """Return a whole payload as text, and what to tell of it where it is no JSON of named values."""
    text = _text(raw)
    if text is not None and _has_values(text):
        return text, ""
    decoded = _READER.decode(raw)
    if decoded.text:
        made = " in ".join(reversed(decoded.layers))
        return decoded.text, f"its payload is not JSON but {made}, and is shown as JSON"
    return (base64.b64encode(raw).decode(), _BYTES) if text is None else (text, _PLAIN)


def read_beginning(raw: bytes) -> tuple[str, str]:
    """Return the beginning of a long payload as text, and what to tell of it where it is none."""
    try:
        return raw.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        # The last character may be cut.
        if error.end == len(raw) and error.start > len(raw) - _CHARACTER:
            return raw[: error.start].decode("utf-8"), ""
        return base64.b64encode(raw).decode(), _LONG


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _has_values(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False
