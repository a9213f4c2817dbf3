"""Encodes payloads as JSON, and names the part of a value that JSON cannot hold."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping, Sequence

from queuetui.model.errors import BadPayload

# Made once: `json.dumps` makes a new encoder per call when it is given any option.
_COMPACT = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))
_SCALARS = (str, bool, int, type(None))


def encode_payload(value: object) -> bytes:
    """Return a value as compact JSON in UTF-8; raises BadPayload naming the part that is not JSON."""
    try:
        return _COMPACT.encode(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        blame = _blame(value) or str(error)
        message = (
            f"the payload is not JSON: {blame}; send text, numbers, true, false, null, lists and objects with text keys"
        )
        raise BadPayload(message) from None


def encode_payloads(values: Sequence[object]) -> list[bytes]:
    """Return each value as `encode_payload` does, at a fraction of its cost.

    Raises BadPayload naming the part that is not JSON.
    """
    if not values:
        return []
    # One call encodes all values; the random text that separates them cannot occur in a value, as it cannot be guessed.
    border = secrets.token_hex()
    parted: list[object] = [border] * (2 * len(values))
    parted[::2] = values
    try:
        text = _COMPACT.encode(parted).encode()
    except (UnicodeEncodeError, TypeError, ValueError, RecursionError):
        return [encode_payload(value) for value in values]
    end = f',"{border}"]'.encode()
    return text[1 : -len(end)].split(f',"{border}",'.encode())


def _blame(value: object) -> str | None:
    try:
        return find_culprit(value, "payload")
    except RecursionError:
        return "the payload is nested too deeply, or holds itself"


def find_culprit(value: object, path: str) -> str | None:
    """Return the path and the kind of the first value that JSON cannot hold."""
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{path} is {value}"
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                return f"a key of {path} is of type {type(key).__name__}"
            if (found := find_culprit(item, f"{path}.{key}")) is not None:
                return found
        return None if isinstance(value, dict) else f"{path} is of type {type(value).__name__}"
    if isinstance(value, Sequence) and isinstance(value, list | tuple):
        items = (find_culprit(item, f"{path}.{index}") for index, item in enumerate(value))
        return next((found for found in items if found is not None), None)
    return None if isinstance(value, _SCALARS) else f"{path} is of type {type(value).__name__}"
