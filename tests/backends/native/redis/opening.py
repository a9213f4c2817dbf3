"""Opens queues on Redis servers."""

from __future__ import annotations

from collections.abc import Mapping

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native


def open_queue(
    url: str, settings: Mapping[str, str] | None = None, *, create: bool = True, timeout_s: float = 5.0
) -> NativeBackend:
    """Open the native queue, made first unless told otherwise."""
    options = BackendOptions(
        name="shop",
        kind=NATIVE,
        create=create,
        settings=settings or {},
        statement_timeout_s=timeout_s,
        connect_timeout_s=timeout_s,
    )
    return open_native(url, options)
