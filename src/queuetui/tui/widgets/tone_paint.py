"""The styles of the tones.

The application holds the styles once; each widget blends them with its own background.
"""

from __future__ import annotations

from rich.style import Style
from textual.widget import Widget

from queuetui.tui.present.tones import Tone

# Component classes of the application alone: those of a widget are styled with every widget, which took a third of a start.
TONE_CLASSES = frozenset(f"tone--{tone}" for tone in Tone)


class TonePaint:
    """The styles in which one widget draws tones; its own component classes override the application's."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._mixed: dict[Tone, Style] = {}

    def style_of(self, tone: Tone) -> Style:
        """Return the style of a tone."""
        if tone not in self._mixed:
            self._mixed[tone] = self._mix(tone)
        return self._mixed[tone]

    def forget(self) -> None:
        """Clear the cache, as the widget's styles have changed."""
        self._mixed.clear()

    def _mix(self, tone: Tone) -> Style:
        own = self._widget.rich_style
        if tone is Tone.PLAIN:
            return own
        name = f"tone--{tone}"
        owner = self._widget if name in self._widget.COMPONENT_CLASSES else self._widget.app
        styles = owner.get_component_styles(name)
        style = own + styles.text_style
        if not styles.has_rule("color"):
            return style
        _, background = self._widget.background_colors
        return style + Style.from_color((background + styles.color).rich_color)
