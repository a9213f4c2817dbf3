"""Reads values out of a JSON payload without trusting it: the `data` column's text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from queuetui.model.text import Untrusted

SUMMARY_CAP_CHARS = 120
_LONGEST_PLACE = 18
_MOST_PLAIN = 2
DEFAULT_SUMMARY = ("sku", "product.sku", "shop", "shop.name", "file", "to", "email", "url", "id", "name")

SummaryPaths = Mapping[str, Sequence[str]]


def paths_for(job_type: str, summaries: SummaryPaths) -> Sequence[str]:
    """Return the summary paths of a type: the first pattern that matches, else the default ones."""
    for pattern, paths in summaries.items():
        if fnmatchcase(job_type, pattern):
            return paths
    return DEFAULT_SUMMARY


def is_place(key: str, size: int) -> bool:
    """Tell whether a key is the index of an item in a list of a size."""
    return key.isdecimal() and len(key) <= _LONGEST_PLACE and int(key) < size


def read_path(value: object, path: str) -> object | None:
    """Return the value at a dotted path, None where there is none; list items are named by index."""
    for key in path.split("."):
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, Sequence) and not isinstance(value, str) and is_place(key, len(value)):
            value = value[int(key)]
        else:
            return None
    return value


def summarise(value: object, paths: Sequence[str]) -> Untrusted | None:
    """Return a short text of the values at the paths, such as `sku A-1042 shop North`.

    None when no path leads anywhere.
    Of the default paths at most two are shown.
    """
    parts: list[str] = []
    limit = 2 if paths is DEFAULT_SUMMARY else len(paths)
    for path in paths:
        found = read_path(value, path)
        if _is_plain(found) and len(parts) < limit:
            label = path.split(".")[-1]
            label = path.split(".")[-2] if label in {"id", "name"} and "." in path else label
            parts.append(f"{label} {found}"[:SUMMARY_CAP_CHARS])
    return Untrusted(" ".join(parts)[:SUMMARY_CAP_CHARS]) if parts else None


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def summarise_json(job_type: str, payload: str, summaries: SummaryPaths | None) -> Untrusted | None:
    """Return the summary of a JSON payload; without paths nobody looks at it, and there is none.

    Where no default path leads anywhere, it is the first plain values of an object with their names. It is the payload's own head where
    there are none, and when it is cut or no JSON.
    """
    if summaries is None:
        return None
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        value = None
    paths = paths_for(job_type, summaries)
    summary = summarise(value, paths)
    if summary is None and paths is DEFAULT_SUMMARY and isinstance(value, dict):
        first = [name for name, one in value.items() if name and "." not in name and _is_plain(one)]
        summary = summarise(value, first[:_MOST_PLAIN])
    if summary is not None or not payload or value == {}:
        return summary
    return Untrusted(payload[:SUMMARY_CAP_CHARS])
