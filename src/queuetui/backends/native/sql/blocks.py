"""Loads the named blocks of `.sql` files: `-- block NAME` begins one, `:word` is a bound value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from queuetui import resources
from queuetui.model.errors import QueueTuiError

_FOLDER = ("backends", "native", "sql", "statements")
_BLOCK = re.compile(r"^-- block (\w+)$", re.MULTILINE)
_COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)
_BOUND = re.compile(r"(?<!:):(\w+)")
# The server's time in microseconds, whatever the time zone of the session.
MYSQL_NOW = "timestampdiff(microsecond, '1970-01-01 00:00:00', utc_timestamp(6))"


@cache
def load_blocks(dialect: str) -> Mapping[str, str]:
    """Return every block of a dialect by its name, in the parameter style of its driver."""
    blocks: dict[str, str] = {}
    for file in sorted(resources.path(*_FOLDER, dialect).glob("*.sql")):
        for name, statement in split_blocks(file.read_text(encoding="utf-8")).items():
            if name in blocks:
                raise QueueTuiError(f"two {dialect} blocks are called {name}, one of them in {file.name}")
            blocks[name] = _BIND[dialect](statement)
    return blocks


def split_blocks(text: str) -> dict[str, str]:
    """Return the blocks of one file, without comments."""
    _, *parts = _BLOCK.split(text)
    names, statements = parts[::2], parts[1::2]
    if len(set(names)) != len(names):
        raise QueueTuiError(f"a block name stands twice among {', '.join(names)}")
    return {name: _COMMENT.sub("", body).strip().rstrip(";") for name, body in zip(names, statements, strict=True)}


def bind_by_percent(statement: str) -> str:
    """Turn `:word` into `%(word)s`, the style of psycopg; `::type` stays a cast."""
    return _BOUND.sub(r"%(\1)s", statement.replace("%", "%%"))


def bind_for_mysql(statement: str) -> str:
    """Turn `:word` into the style of PyMySQL, which psycopg shares, and `:now` into the server's time."""
    return bind_by_percent(statement).replace("%(now)s", MYSQL_NOW)


_BIND: Mapping[str, Callable[[str], str]] = {"sqlite": str, "postgresql": bind_by_percent, "mysql": bind_for_mysql}
