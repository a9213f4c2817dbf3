"""Queues keys that are typed ahead: each waits until the screen has handled the one before it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App
from textual.message import Message

if TYPE_CHECKING:
    from textual.screen import Screen

# A widget that is removed never reports its key as handled: after this time the next key goes on.
_LONGEST_WAIT_S = 1.0


class KeyAnswered(Message):
    """Bubbles behind a key through the same widgets, and so arrives when all of them have handled it."""

    bubble = True

    def __init__(self, key: events.Event) -> None:
        super().__init__()
        self.key = key


class TypedAhead(App[int], inherit_bindings=False):
    """Delivers one key at a time, so that no key reaches a screen that the one before it closes.

    Textual delivers all pending keys to the widget that has the focus at that moment: the letters of `:delete` or of a
    filter would run actions of the list. A key that ends the console is never queued.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._typed: deque[events.Event] = deque()
        self._asked: events.Event | None = None
        self._asked_on: Screen[Any] | None = None
        self._overdue: asyncio.TimerHandle | None = None

    def on_mount(self) -> None:
        """Watch for changes of the screen: a screen that is closed never reports its key as handled."""
        self.screen_change_signal.subscribe(self, lambda _: self._hear_answer(self._asked))

    async def on_event(self, event: events.Event) -> None:
        """Queue keys and pastes; every other event is handled at once."""
        is_typed = isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded
        if is_typed and not self._comes_first(event):
            self._typed.append(event)
            await self._hand_on()
            return
        await super().on_event(event)
        self._hear_answer(event)

    def _comes_first(self, event: events.Event) -> bool:
        """Tell whether a key has a priority binding, which works on every screen."""
        found = self._bindings.key_to_bindings.get(event.key, ()) if isinstance(event, events.Key) else ()
        return any(binding.priority for binding in found)

    async def _hand_on(self) -> None:
        if self._asked is not None or not self._typed:
            return
        event = self._typed.popleft()
        self._asked, self._asked_on = event, self.screen
        asked = self.focused or self.screen
        self._overdue = asyncio.get_running_loop().call_later(_LONGEST_WAIT_S, self._go_on, event)
        await super().on_event(event)
        if not asked.post_message(KeyAnswered(event)):
            self._go_on(event)

    def on_key_answered(self, message: KeyAnswered) -> None:
        """Continue after a key that a widget handled without letting it bubble."""
        message.stop()
        self._hear_answer(message.key)

    def _hear_answer(self, event: events.Event | None) -> None:
        """Continue after the calls that the key has scheduled, which may move the focus."""
        if event is not None and event is self._asked:
            self.call_later(self._look_whether_ready, event)

    def _look_whether_ready(self, event: events.Event) -> None:
        """Continue; if another screen came up, after its first paint, as no widget has the focus before."""
        if self.screen is self._asked_on or not self.screen.call_after_refresh(self._go_on, event):
            self._go_on(event)

    def _go_on(self, event: events.Event) -> None:
        if event is not self._asked:
            return
        if self._overdue is not None:
            self._overdue.cancel()
        self._asked, self._asked_on, self._overdue = None, None, None
        if self._typed:
            self.call_later(self._hand_on)
