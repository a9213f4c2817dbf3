"""Reads values out of a JSON payload without trusting it: the `data` column's text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from queuetui.model.text import Untrusted

SUMMARY_CAP_CHARS = 120
_LONGEST_PLACE = 18
DEFAULT_SUMMARY = ("sku", "product.sku", "shop", "shop.name", "file", "to", "email", "url", "id", "name")

SummaryPaths = Mapping[str, Sequence[str]]


def paths_for(job_type: str, summaries: SummaryPaths) -> Sequence[str]:
    """Return the summary paths of a type: the first pattern that matches, else the default ones."""
    for pattern, paths in summaries.items():
        if fnmatchcase(job_type, pattern):
            return paths
    return DEFAULT_SUMMARY


def is_place(key: str, size: int) -> bool:
    """Tell whether a key is the number of an item of a list of that size."""
    return key.isdecimal() and len(key) <= _LONGEST_PLACE and int(key) < size


def read_path(value: object, path: str) -> object | None:
    """Return what stands at a dotted path, None where nothing does; list items go by number."""
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
        if isinstance(found, str | int | float) and not isinstance(found, bool) and len(parts) < limit:
            label = path.split(".")[-1]
            label = path.split(".")[-2] if label in {"id", "name"} and "." in path else label
            parts.append(f"{label} {found}"[:SUMMARY_CAP_CHARS])
    return Untrusted(" ".join(parts)[:SUMMARY_CAP_CHARS]) if parts else None


def summarise_json(job_type: str, payload: str, summaries: SummaryPaths) -> Untrusted | None:
    """Return the summary of a JSON payload.

    It is the payload's own head when no path leads anywhere, or when it is cut or no JSON.
    """
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        value = None
    summary = summarise(value, paths_for(job_type, summaries))
    if summary is not None or not payload or value == {}:
        return summary
    return Untrusted(payload[:SUMMARY_CAP_CHARS])
