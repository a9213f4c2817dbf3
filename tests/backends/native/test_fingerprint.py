"""What makes two errors one."""

from __future__ import annotations

import pytest

from queuetui.model.fingerprint import fingerprint_of

BASE = ("Timeout", "order 17 of 'shop A' timed out after 3.5 s")


@pytest.mark.parametrize(
    "message",
    [
        "order 99 of 'shop A' timed out after 12.25 s",
        "order 17 of 'shop Berlin' timed out after 3.5 s",
        "order 17 of 'shop A' timed out after 3.5 s\nsecond line with details",
    ],
)
def test_changing_parts_do_not_matter(message: str) -> None:
    """Numbers, quoted values and further lines do not make another error."""
    assert fingerprint_of("Timeout", message) == fingerprint_of(*BASE)


def test_ids_do_not_matter() -> None:
    """An id in a message does not make another error."""
    one = fingerprint_of("E", "no job 0190a5f0-0000-7000-8000-00000000abcd")
    assert one == fingerprint_of("E", "no job 0190a5f0-1234-7000-8000-00000000beef")


@pytest.mark.parametrize(("class_name", "message"), [("Refused", BASE[1]), ("Timeout", "order 17 was refused")])
def test_another_class_or_wording_matters(class_name: str, message: str) -> None:
    """Another class or other words are another error."""
    assert fingerprint_of(class_name, message) != fingerprint_of(*BASE)
