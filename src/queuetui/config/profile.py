"""A profile: a named connection with its rights and thresholds."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from queuetui.model.alarm_actions import AlarmActions
from queuetui.model.limits import Limits
from queuetui.model.text import sanitize
from queuetui.model.urls import hide_password, strip_password
from queuetui.model.zone import DEFAULT_ZONE

COLOURS = ("red", "yellow", "green", "cyan", "blue", "magenta")
# The columns of the console's job lists, except the id.
HIDEABLE_COLUMNS = ("type", "queue", "state", "age", "att", "data", "why", "prio", "worker")
# The placeholder in an advised command for an address that is not shown.
_ADDRESS = "URL"
_MAPPING = "MAPPING"


@dataclass(frozen=True, slots=True)
class Profile:
    """A store to connect to, and how.

    `rights` is "read", "operate", "admin", or None: the command line decides then.
    `chosen_by_url` and `embedded` tell that no settings named it: then a native queue may be operated.
    `colour`, that of the console's first line, is one of COLOURS or empty.
    `protected` profiles want their name typed before a bulk act; `poll_s` is the console's interval.
    `timezone` is that of times which are written without one.
    `named_by` are the options of a command line that named it, `narrowed_by` those that say what is read there.
    `beside` are the rights of the other profiles of the same store, by their names.
    `hidden_columns` are left out of its lists of jobs until a person shows them.
    """

    name: str
    url: str = field(repr=False)
    label: str = ""
    colour: str = ""
    rights: str | None = None
    protected: bool = False
    kind: str | None = None
    poll_s: float = 2.0
    limits: Limits = field(default_factory=Limits)
    alarm_actions: AlarmActions = field(default_factory=AlarmActions)
    summaries: Mapping[str, Sequence[str]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    hidden_columns: frozenset[str] = frozenset()
    timezone: str = DEFAULT_ZONE
    embedded: bool = False
    chosen_by_url: bool = False
    named_by: tuple[str, ...] = ()
    narrowed_by: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def shown_url(self) -> str:
        """The URL without its password, shortened if it is long."""
        return hide_password(self.url)

    @property
    def address(self) -> str:
        """The whole URL without its password, which identifies the store."""
        return strip_password(self.url)

    @property
    def address_word(self) -> str:
        """The address as a word of a command, or URL where a terminal would not show it as it is."""
        return self.address if sanitize(self.address, len(self.address)) == self.address else _ADDRESS

    @property
    def narrowing(self) -> tuple[str, ...]:
        """The options of a command line that restrict what is read there."""
        return tuple(word for option in self.narrowed_by.items() for word in option)

    @property
    def naming(self) -> tuple[str, ...]:
        """The options of a command line that name this profile."""
        return (*self.named_by, *self.narrowing)

    def for_others(self) -> Profile:
        """Return the profile for remote programs, without the address of the store."""
        named_by = tuple(_ADDRESS if word == self.address_word else word for word in self.named_by)
        narrowed_by = (
            {**self.narrowed_by, "--mapping": _MAPPING} if "--mapping" in self.narrowed_by else self.narrowed_by
        )
        return replace(self, named_by=named_by, narrowed_by=narrowed_by)

    def without_place(self, text: str) -> str:
        """Return a text for remote programs, without the address and the mapping's path."""
        scheme, _, file = self.address.partition("?")[0].partition(":///")
        places = {self.address: _ADDRESS, self.shown_url: _ADDRESS, self.settings.get("mapping", ""): _MAPPING}
        if scheme.lower() == "sqlite" and file.startswith("/"):
            places[file] = _ADDRESS
        for place in filter(None, places):
            text = text.replace(shlex.quote(place), places[place]).replace(place, places[place])
        return text

    @property
    def is_unnamed(self) -> bool:
        """Whether no settings name it."""
        return self.embedded or self.chosen_by_url

    @property
    def title(self) -> str:
        """The profile's name on screen."""
        return self.label or self.name
