"""Values as products store them: texts, counts, times as text or as seconds, JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from queuetui.backends.payloads.decoder import Decoder
from queuetui.model.clock import from_us
from queuetui.model.text import Untrusted

# Seconds since 1970 do not come to this for three thousand years; milliseconds have.
_MILLISECONDS_FROM = 1e11


def text_of(value: bytes | None) -> str:
    """Return stored text; what is none is shown by marks, what is absent is empty."""
    return (value or b"").decode("utf-8", "replace")


def whole_of(value: bytes | None) -> int:
    """Return a count, 0 where none is stored."""
    return int(value) if value is not None and value.isdigit() else 0


def shown_of(value: bytes | None) -> Untrusted | None:
    """Return stored text to show, None where there is none."""
    return Untrusted(text_of(value)) if value else None


def pairs_of(flat: Sequence[bytes]) -> dict[str, bytes]:
    """Return fields with their values, which a server answers one behind the other."""
    return {text_of(name): value for name, value in zip(flat[::2], flat[1::2], strict=True)}


def time_of(text: str) -> datetime | None:
    """Return a time written as ISO 8601, in UTC where it names no zone, None for any other text."""
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def at_of(value: object) -> datetime | None:
    """Return a time in seconds or milliseconds since 1970, a number or its text, None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | bytes):
        return None
    try:
        at_s = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(at_s):
        return None
    return from_us(round(at_s * (1_000 if abs(at_s) >= _MILLISECONDS_FROM else 1_000_000)))


def first_time(said: Mapping[str, Any], *names: str) -> datetime | None:
    """Return the first of some times that is set; 0 is none."""
    return next((at_of(said[name]) for name in names if said.get(name)), None)


def to_json(value: object) -> str:
    """Return a value as JSON that a person can read."""
    return json.dumps(value, ensure_ascii=False)


def number_of(value: object, default: int = 0) -> int:
    """Return a stored number as a whole one, the default for anything else."""
    if isinstance(value, int | float) and math.isfinite(value):
        return int(value)
    return default


def object_of(raw: str | bytes | None) -> dict[str, Any] | None:
    """Return a JSON object, None where the text is none."""
    found = _json_of(raw)
    return found if isinstance(found, dict) else None


def list_of(raw: str | bytes | None) -> list[Any]:
    """Return a JSON list, an empty one where the text is none."""
    found = _json_of(raw)
    return found if isinstance(found, list) else []


def json_or_text(written: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return what a text of JSON holds, the text itself where it is none."""
    try:
        return json.loads(written)
    except (TypeError, ValueError, RecursionError):
        return written


def write_json(said: object, *, in_ascii: bool = True) -> bytes | None:
    """Return a message as compact JSON, None where it holds a value that JSON cannot carry."""
    try:
        return json.dumps(said, ensure_ascii=in_ascii, separators=(",", ":"), allow_nan=False).encode()
    except ValueError:
        return None


def read_object(decoder: Decoder, name: str, raw: bytes | None) -> tuple[dict[str, Any] | None, str]:
    """Return the object that a payload holds, and why there is none; people call it `name`."""
    decoded = decoder.decode(raw or b"")
    return object_of(decoded.text), f"{name} cannot be read here: {decoded.problem or 'it is no object'}"


def _json_of(raw: str | bytes | None) -> object:
    try:
        return json.loads(raw or b"null")
    except (ValueError, RecursionError):
        return None
