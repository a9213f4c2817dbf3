"""The fields of a log record: what its logger gave as `extra`, and what its run is bound to."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from functools import lru_cache

from queuetui.model.secrets import MASK, is_secret_name

MOST_FIELDS = 50
NAME_CHARS = 64
VALUE_CHARS = 2_000
_LARGEST = 2**63
# A program's names are few, short and come again and again; each look takes longer than all else that is done to a field.
_is_secret = lru_cache(maxsize=1_024)(is_secret_name)
_OWN = frozenset({*vars(logging.LogRecord("", 0, "", 0, "", (), None)), "message", "asctime", "taskName"})


def extra_fields(record: logging.LogRecord) -> dict[str, object]:
    """Return what was logged with `extra`: at most MOST_FIELDS plain values, secrets masked."""
    given = {
        name: value for name, value in vars(record).items() if name not in _OWN and not name.startswith("queuetui_")
    }
    return dict(plain_fields(given))


def plain_fields(given: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield fields as a log may hold them: texts, numbers, truth values and None, each of bounded size."""
    for number, (name, value) in enumerate(given.items()):
        if number == MOST_FIELDS:
            yield "fields_left_out", len(given) - MOST_FIELDS
            return
        short = str(name)[:NAME_CHARS]
        yield short, MASK if _is_secret(short) else _plain(value)


def fields_in_words(fields: Mapping[str, object]) -> str:
    """Return fields as they stand behind a message: `user_id=7 provider="acme eu"`."""
    return " ".join(f"{name}={_word(value)}" for name, value in fields.items())


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int and abs(value) < _LARGEST:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    try:
        return str(value)[:VALUE_CHARS]
    except Exception as error:  # noqa: BLE001 - a value may have no text, and a log line ends no run
        return f"(no text: {type(error).__name__})"


def _word(value: object) -> str:
    text = str(value).replace("\n", "\\n")
    return f'"{text}"' if not text or set(text) & set(' ="') else text
