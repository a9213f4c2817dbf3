"""Connections that rested, and whether their server has ended them."""

from __future__ import annotations

import select
import socket

import pytest

from queuetui.backends.sql.idle_connections import has_ended


@pytest.mark.parametrize("is_patched", [False, True], ids=["plain", "as by eventlet"])
def test_a_connection_that_was_hung_up_has_ended(is_patched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told in programs too that eventlet has patched, which takes poll away."""
    if is_patched:
        monkeypatch.delattr(select, "poll")
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            assert not has_ended(ours.fileno())
        assert has_ended(ours.fileno())
