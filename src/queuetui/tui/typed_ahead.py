"""Queues keys that are typed ahead: each waits until the screen has handled the one before it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message
from textual.widgets import Input

from queuetui.tui.screen_removal import ScreenRemoval

if TYPE_CHECKING:
    from textual.widget import Widget

# A widget that is removed never reports its key as handled: so often it is looked whether it is still there.
_LOOK_AGAIN_S = 1.0
# What only moves or edits within the widget that has the focus; the keys behind it need not wait.
_STAYING = ("move", "scroll_", "page_", "cursor_", "delete_")


class KeyAnswered(Message):
    """Bubbles behind a key through the same widgets, and so arrives when all of them have handled it."""

    bubble = True

    def __init__(self, key: events.Event) -> None:
        super().__init__()
        self.key = key


class TypedAhead(ScreenRemoval, inherit_bindings=False):
    """Delivers no key to a screen that the one before it closes, nor to one that is not mounted yet.

    A key that may open or close something holds up the keys behind it until it has been handled.
    Textual delivers all pending keys to the widget that has the focus at that moment: the letters of `:delete` or of a
    filter would run actions of the list. A key that ends the console is never queued.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._typed: deque[events.Event] = deque()
        self._asked: events.Event | None = None
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
        while self._typed and self._asked is None:
            if self.screen.is_mounted:
                await self._deliver(self._typed.popleft())
            else:
                self._await_mount(self._typed[0])

    def _await_mount(self, event: events.Event) -> None:
        """Hold the keys until the screen has its widgets and its focus: only then it takes calls."""
        self._asked = event
        if not self.screen.call_later(self._go_on, event):
            self._go_on(event)

    async def _deliver(self, event: events.Event) -> None:
        asked = self.focused or self.screen
        if self._stays(event, asked):
            await super().on_event(event)
            return
        self._asked = event
        self._look_again(event, asked)
        await super().on_event(event)
        if not asked.post_message(KeyAnswered(event)):
            self._go_on(event)

    def _stays(self, event: events.Event, asked: Widget) -> bool:
        """Tell whether a key moves or writes in the widget that has the focus, and does nothing else."""
        if not isinstance(event, events.Key):
            return False
        if isinstance(asked, Input) and event.character is not None and event.character.isalnum():
            return True
        bound = self.active_bindings.get(event.key)
        return bound is not None and bound.node is asked and bound.binding.action.startswith(_STAYING)

    def _look_again(self, event: events.Event, asked: Widget) -> None:
        """Continue without the answer of a widget that has gone; one that is slow is waited for."""
        if event is not self._asked:
            return
        if asked.is_attached:
            again = asyncio.get_running_loop().call_later
            self._overdue = again(_LOOK_AGAIN_S, self._look_again, event, asked)
        else:
            self._go_on(event)

    def on_key_answered(self, message: KeyAnswered) -> None:
        """Continue after a key that a widget handled without letting it bubble."""
        message.stop()
        self._hear_answer(message.key)

    def _hear_answer(self, event: events.Event | None) -> None:
        """Continue after the calls that the key has scheduled, which may move the focus."""
        if event is not None and event is self._asked:
            self.call_later(self._go_on, event)

    def _go_on(self, event: events.Event) -> None:
        if event is not self._asked:
            return
        if self._overdue is not None:
            self._overdue.cancel()
        self._asked, self._overdue = None, None
        if self._typed:
            self.call_later(self._hand_on)
