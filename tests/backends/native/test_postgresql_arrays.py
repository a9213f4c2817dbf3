"""Arrays that we write by hand are read by the server as what they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from queuetui.backends.native.sql.postgresql.arrays import bytes_array, plain_array, text_array

Read = Callable[[str, str], object]
TEXTS = [
    "",
    "NULL",
    "null",
    "{",
    "}",
    ",",
    '"',
    "\\",
    '\\"',
    "a,b",
    " lead",
    "line\nbreak",
    "\t",
    "'",
    "%s",
    "\u2603",
    None,
]


@pytest.fixture
def read(postgres_url: str) -> Iterator[Read]:
    """Returns what the server takes an array of a kind for."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:

        def ask(array: str, kind: str) -> object:
            row = connection.execute(f"select %s::{kind}[]".encode(), (array,)).fetchone()
            assert row is not None
            return row[0]

        yield ask


def test_texts_survive(read: Read) -> None:
    """Quotes, braces, commas, backslashes, the word NULL and the empty text come back as they went."""
    assert read(text_array(TEXTS), "text") == TEXTS


def test_bytes_survive(read: Read) -> None:
    """Every byte comes back, and so do none and nothing."""
    values = [bytes(range(256)), b"", None, b"\\x00"]
    assert read(bytes_array(values), "bytea") == values


def test_numbers_and_truths_survive(read: Read) -> None:
    """Numbers to the ends of their range, truths, nothing, and arrays without entries."""
    numbers = [0, -1, 2**63 - 1, -(2**63), None]
    assert read(plain_array(numbers), "bigint") == numbers
    assert read(plain_array([True, False, None]), "boolean") == [True, False, None]
    assert read(plain_array([]), "bigint") == []
