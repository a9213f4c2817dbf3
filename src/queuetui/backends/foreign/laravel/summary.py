"""Makes the short line of the data column out of a job's command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from queuetui.backends.foreign.laravel.php_values import (
    MODEL_LABEL,
    PhpDocument,
    PhpEnum,
    PhpKey,
    PhpObject,
    PhpValue,
)

# Each entry is one thing to show; its alternatives are tried from left to right.
DEFAULT_SUMMARY_PATHS: tuple[str, ...] = (
    "product.sku|sku|product|product.id|productId|product_id",
    "shop.name|shopName|shop_name|shop|shop.id|shopId|shop_id",
)

# Properties that every queued class carries for the framework's own use.
_FRAMEWORK_PROPERTIES = frozenset(
    {
        "afterCommit", "backoff", "batchId", "chainCatchCallbacks", "chainConnection", "chainQueue", "chained",
        "class", "closure", "connection", "deduplicator", "delay", "deleteWhenMissingModels", "failOnTimeout",
        "failureCallbacks", "job", "maxExceptions", "messageGroup", "method", "middleware", "queue", "retryAfter",
        "retryUntil", "shouldBeEncrypted", "timeout", "tries", "uniqueFor", "uniqueId",
    }
)  # fmt: skip
_IDENTITY_STEPS = frozenset({"id", "name", "uuid", "key"})
_MOST_ITEMS = 3
_LONGEST_VALUE = 60


def summarise(document: PhpDocument, paths: Sequence[str] = DEFAULT_SUMMARY_PATHS) -> str:
    """Return `label value` pairs found at the paths, else of the job's own first properties."""
    named = [pair for pair in (_first_found(document, entry) for entry in paths) if pair]
    return " ".join(named or _own_properties(document))


def _first_found(document: PhpDocument, entry: str) -> str | None:
    for path in entry.split("|"):
        shown = _show(document, document.find(path.strip()))
        if shown is not None:
            return f"{_label(path.strip())} {shown}"
    return None


def _own_properties(document: PhpDocument) -> list[str]:
    pairs: list[str] = []
    for key, value in _properties(document):
        shown = _show(document, document.follow(value))
        if shown is not None:
            pairs.append(f"{key} {shown}")
        if len(pairs) == _MOST_ITEMS:
            break
    return pairs


def _properties(document: PhpDocument) -> Iterator[tuple[PhpKey, PhpValue]]:
    root = document.root
    if isinstance(root, PhpObject):
        for key, value in root.properties.items():
            if key not in _FRAMEWORK_PROPERTIES:
                yield key, value


def _show(document: PhpDocument, value: PhpValue) -> str | None:
    """Show a scalar, an enum's case, or the id of a model; nothing else fits a column."""
    match value:
        case PhpEnum():
            return value.case
        case PhpObject(properties=members) if isinstance(members.get(MODEL_LABEL), str):
            return _show(document, members[MODEL_LABEL])
        case PhpObject(properties=members):
            identity = document.follow(members.get("id"))
            return None if isinstance(identity, PhpObject) else _show(document, identity)
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            text = str(value)
            return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return None


def _label(path: str) -> str:
    steps = path.split(".")
    if len(steps) > 1 and steps[-1] in _IDENTITY_STEPS:
        steps = steps[:-1]
    last = steps[-1]
    for suffix in ("Name", "_name", "Id", "_id"):
        if last.endswith(suffix) and len(last) > len(suffix):
            return last[: -len(suffix)]
    return last
