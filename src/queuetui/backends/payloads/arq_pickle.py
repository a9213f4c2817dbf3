"""Makes what arq enqueues from what it keeps as a job's result.

It is the beginning of the same pickle, cut without being run.
"""

from __future__ import annotations

import json
import pickletools
from typing import Any

from queuetui.backends.payloads.decoder import Caps, Undecodable
from queuetui.backends.payloads.pickle_reader import read_pickle

_NUMBERS = frozenset({"BININT", "BININT1", "BININT2", "LONG1", "INT", "LONG"})
_OF_JOB = ("t", "f", "a", "k", "et")
_NONE, _END = b"N", b"u."


def job_of_result(raw: bytes) -> bytes | None:
    """Return the job of a result, without its count of tries.

    None where the pickle is not built as Python builds it.
    """
    try:
        ops = [
            (op.name, argument, place or 0)
            for op, argument, place in pickletools.genops(raw)
            if op.name not in ("MEMOIZE", "BINPUT")
        ]
        tries, end = _places(ops)
        frames = [place for name, _, place in ops if name == "FRAME"]
        if tries is None or end is None or len(frames) > 1 or (frames and frames[0] > tries[0]):
            return None
        # A frame tells its length, and may be left out.
        head = raw[: frames[0]] + raw[frames[0] + 9 : tries[0]] if frames else raw[: tries[0]]
        found = head + _NONE + raw[tries[1] : end] + _END
        whole, part = json.loads(read_pickle(raw, Caps())), json.loads(read_pickle(found, Caps()))
    except (ValueError, Undecodable, IndexError):
        return None
    is_same = isinstance(whole, dict) and part == {**{name: whole.get(name) for name in _OF_JOB}, "t": None}
    return found if is_same else None


def _places(ops: list[tuple[str, Any, int]]) -> tuple[tuple[int, int] | None, int | None]:
    """Return where the count of tries stands, and where what belongs to the result alone begins."""
    tries = end = None
    for at in range(len(ops) - 4):
        (_, key, _), (name, _, place), (_, after, behind) = ops[at : at + 3]
        if name not in _NUMBERS:
            continue
        if (key, after) == ("t", "f") and tries is None:
            tries = (place, behind)
        if (key, after) == ("et", "s") and end is None:
            end = behind
    return tries, end
