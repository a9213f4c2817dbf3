"""What a URL says of an SQLite file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from queuetui.backends.address_options import read_options, refuse
from queuetui.model.errors import NotFound, Unsupported

_READ_ONLY = {"ro": True, "rw": False}


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """A file, and whether the URL lets it be read only."""

    path: Path
    read_only: bool = False


def read_address(url: str) -> SqliteAddress:
    """Read `sqlite:///relative` or `sqlite:////absolute`, with `?mode=ro` to read only.

    Raises Unsupported, BadConfig and NotFound.
    """
    _, _, rest = url.partition("://")
    place, _, query = rest.partition("?")
    host, slash, path = place.partition("/")
    try:
        path = unquote(path, errors="strict")
    except UnicodeDecodeError:
        raise refuse("names a file by bytes that are not UTF-8; give it another name") from None
    if host or not slash or not path or path == ":memory:":
        raise Unsupported(
            "an SQLite URL names a file: sqlite:///FILE, or sqlite:////ABSOLUTE/FILE (for a queue in memory: memory://)"
        )
    mode = read_options(query, {"mode"}).get("mode", "rw")
    if mode not in _READ_ONLY:
        raise refuse("has the option 'mode' with another value than ro or rw")
    _require_folder(Path(path))
    return SqliteAddress(Path(path), _READ_ONLY[mode])


def _require_folder(path: Path) -> None:
    if path.is_absolute():
        return
    try:
        Path.cwd()
    except FileNotFoundError:
        raise NotFound(
            f"the folder that {str(path)!r} is sought in is gone; change to one that is there, or write sqlite:////ABSOLUTE/FILE"
        ) from None


def is_file(path: Path) -> bool:
    """Tell whether a file can be seen; one in a closed folder or with a name that is too long cannot."""
    try:
        return path.is_file()
    except OSError:
        return False


def file_of(url: str) -> Path:
    """Return the file that a URL names; raises Unsupported and BadConfig."""
    return read_address(url).path
