"""How far a handler says it is."""

from __future__ import annotations

import pytest

from queuetui.model.text import Untrusted
from queuetui.tui.present.progress import progress_text


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ('{"fraction": 0.286, "note": "4 of 14 rows"}', "29% 4 of 14 rows"),
        ('{"fraction": 1}', "100%"),
        ('{"fraction": 0.5, "note": "\\u001b[31mred"}', "50% \\x1b[31mred"),
        ('{"fraction": true}', '{"fraction": true}'),
        ('{"fraction": 7}', '{"fraction": 7}'),
        ('{"fraction": 0.5, "note": 3}', '{"fraction": 0.5, "note": 3}'),
        ('{"done": 3}', '{"done": 3}'),
        ("[]", "[]"),
        ("half", "half"),
        ("NaN", "NaN"),
        ("[" * 100_000, None),
    ],
)
def test_progress_is_told_as_a_share(told: str, shown: str | None) -> None:
    """What our own handlers report becomes a share and its note; anything else is shown as it came, made safe."""
    text = progress_text(Untrusted(told))
    assert shown is None or text == shown
