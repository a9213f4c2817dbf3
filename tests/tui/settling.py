"""Waiting for the console by what it still has to do: Textual's own pilot waits for a while in which the process used no processor."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from typing import Any, cast

from textual._context import active_app
from textual.app import App
from textual.screen import Screen

# What another thread does, such as a poll, is waited for no longer than this: a test may hold it up on purpose.
THREADS_S = 0.05
THREADS = frozenset({"queuetui-poller", "queuetui-calls"})
# Where such a thread waits: for its turn or an event of a test, and for a call.
RESTS = frozenset({("wait", "threading"), ("_run", "queuetui.monitor.background")})


async def settle(min_sleep: float = 0, max_sleep: float = 0) -> None:
    """Let the app in front go on until no message waits, all is drawn, and its threads rest."""
    app: App[Any] = active_app.get()
    ready = cast("Any", asyncio.get_running_loop())._ready
    deadline = time.monotonic() + THREADS_S
    while app._running:
        await asyncio.sleep(0)
        if ready:
            continue
        if _has_to_draw(app.screen):
            app.screen._on_timer_update()
        elif _threads_work(app) and time.monotonic() < deadline:
            await asyncio.sleep(0.001)
        else:
            return


def _has_to_draw(screen: Screen[Any]) -> bool:
    if not screen.is_current or screen.app._batch_count:
        return False
    waits = (screen._layout_required, screen._scroll_required, screen._repaint_required, screen._recompose_required)
    return any(waits) or bool(screen._dirty_widgets) or bool(screen._callbacks)


def _threads_work(app: App[Any]) -> bool:
    """Tell whether a thread of a link has something to do, and is not held up."""
    for link in getattr(app, "links", ()):
        if link.poller._wake.is_set() or not link.calls._waiting.empty():
            return True
    return any(not _rests(thread) for thread in threading.enumerate() if thread.name in THREADS)


def _rests(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    # Code that the interpreter makes, as that of a named tuple, may belong to no module.
    return frame is None or (frame.f_code.co_name, frame.f_globals.get("__name__")) in RESTS
