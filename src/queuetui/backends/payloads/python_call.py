"""What a call of a Python function is about, from its arguments as JSON."""

from __future__ import annotations

import json

from queuetui.backends.payloads.usual_values import tell_values
from queuetui.model.payload import SUMMARY_CAP_CHARS, SummaryPaths, paths_for, summarise, summarise_json
from queuetui.model.text import Untrusted


def summarise_call(call: str, payload: str, summaries: SummaryPaths | None) -> Untrusted | None:
    """Return the values at paths into a call or its named arguments, else its arguments.

    `payload` is a JSON object with `args` and `kwargs`. Without paths nobody looks at it, and there is none.
    """
    if summaries is None:
        return None
    try:
        told = json.loads(payload)
        args, kwargs = told["args"], told["kwargs"]
        words = [*map(_shown, args), *(f"{name}={_shown(value)}" for name, value in kwargs.items())]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return summarise_json(call, payload, summaries)
    paths = paths_for(call, summaries)
    found = summarise(told, paths) or summarise(kwargs, paths)
    return found or (Untrusted(", ".join(words)[:SUMMARY_CAP_CHARS]) if words else None)


def _shown(value: object) -> str:
    return json.dumps(tell_values(value), ensure_ascii=False)
