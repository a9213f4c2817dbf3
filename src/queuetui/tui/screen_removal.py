"""Removes a screen only once it is complete, so that none of its handlers misses a widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App, ScreenStackError
from textual.css.query import NoMatches
from textual.dom import NoScreen
from textual.screen import Screen, ScreenResultType
from textual.widget import AwaitMount, MountError

from queuetui.tui.messages import HandedOver

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.await_complete import AwaitComplete

# What is raised by the handler of a screen that has no widgets.
_LACKS_WIDGETS = (NoMatches, MountError, NoScreen, ScreenStackError)


class ScreenRemoval(App[int], inherit_bindings=False):
    """Completes a screen before it is removed, and runs no background result while one is being removed.

    Textual mounts no widgets below a screen that is being removed, nor below any once the application ends. It still calls the
    handlers of that screen, which look for these widgets.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._removals: list[AwaitComplete] = []

    def pop_screen(self) -> AwaitComplete:
        """Remove the screen in front, and remember that until it is done."""
        removal = super().pop_screen()
        self._removals = [*(other for other in self._removals if not other.is_done), removal]
        return removal

    async def _replace_screen(self, screen: Screen[Any]) -> Screen[Any]:
        if not screen.is_mounted:
            await AwaitMount(screen, [screen])
        return await super()._replace_screen(screen)

    async def on_handed_over(self, message: HandedOver) -> None:
        """Run what a thread handed over, unless the console is ending and its widgets are being removed."""
        while self._removals:
            await self._removals.pop()
        if self.is_running:
            message.deliver()

    def _handle_exception(self, error: Exception) -> None:
        if not (self._exit and isinstance(error, _LACKS_WIDGETS)):
            super()._handle_exception(error)


class RemovableScreen(Screen[ScreenResultType]):
    """Drops what was to be done after a refresh once it is being removed.

    The screen behind it would do that, when this one has lost its widgets.
    """

    def call_after_refresh(self, callback: Callable[..., object], *args: object, **kwargs: object) -> bool:
        """Call after the next refresh, unless this screen is being removed by then."""

        def call() -> object:
            return callback(*args, **kwargs) if self.display else None

        return super().call_after_refresh(call)
