"""What a URL says of an SQLite file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from queuetui.model.errors import Unsupported


def file_of(url: str) -> Path:
    """Return the file that `sqlite:///relative` or `sqlite:////absolute` names. Raises Unsupported for any other form."""
    _, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    path = unquote(path.partition("?")[0])
    if host or not slash or not path or path == ":memory:":
        raise Unsupported(
            "an SQLite URL names a file: sqlite:///FILE, or sqlite:////ABSOLUTE/FILE (for a queue in memory: memory://)"
        )
    return Path(path)
