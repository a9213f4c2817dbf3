"""A name with wildcards, as a filter writes it outside quotes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase


class Wild(Enum):
    """What stands for other characters: any number of them, or one."""

    ANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Texts that are taken as they stand, and wildcards between them."""

    parts: tuple[str | Wild, ...]

    def __str__(self) -> str:
        return self.translate("*", "?", str)

    def translate(self, any_number: str, one: str, escape: Callable[[str], str]) -> str:
        """Return the pattern in another language, whose escapes `escape` puts into a literal text."""
        wild = {Wild.ANY: any_number, Wild.ONE: one}
        return "".join(wild[part] if isinstance(part, Wild) else escape(part) for part in self.parts)

    @property
    def glob(self) -> str:
        """The pattern in the language of `fnmatch` and of SQLite's GLOB."""
        return self.translate("*", "?", lambda text: "".join(f"[{char}]" if char in "*?[" else char for char in text))

    def matches(self, text: str) -> bool:
        """Tell whether a text is one of those that are meant, letter case included."""
        return fnmatchcase(text, self.glob)
