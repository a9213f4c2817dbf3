"""What a profile allows, checked where it is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import Denied
from queuetui.model.query_parser import parse_query
from queuetui.operate.authority import Authority
from queuetui.operate.journal import Journal
from queuetui.operate.rights import Right, decide_right, why_not
from tests.operate.desks import Office

POOR = Capabilities(
    "laravel", "Laravel", False, {Verb.RETRY: frozenset()}, frozenset(), reasons={Verb.PAUSE: "Laravel has no pause"}
)

FULL = replace(POOR, applies=dict.fromkeys((Verb.DELETE, Verb.CLEAN, Verb.UPKEEP, Verb.RETRY), frozenset()))


READER = Authority(Right.READ, "ann@web-1", Journal(None, "memory"), None)


def test_reading_allows_no_verb() -> None:
    """A read-only profile is refused every verb, and told how to get it."""
    for verb in POOR.verbs:
        assert "--operate" in (why_not(verb, Right.READ, POOR) or "")
        assert "--admin" in (why_not(Verb.DELETE, Right.READ, FULL) or "")
        with pytest.raises(Denied, match=f"{verb.value} was not done: this profile is read-only"):
            READER.require(verb, POOR)


def test_operating_allows_what_the_backend_can() -> None:
    """An operator may do what the backend offers, and is told why it offers no more."""
    assert why_not(Verb.RETRY, Right.OPERATE, POOR) is None
    assert why_not(Verb.PAUSE, Right.OPERATE, POOR) == "Laravel has no pause"
    assert why_not(Verb.CLEAN, Right.OPERATE, POOR) == "Laravel keeps no registrations of workers that could be cleaned"


def test_a_reader_changes_nothing(reader: Office) -> None:
    """Every road that writes refuses a reader before anything is recorded or done."""
    job = reader.pending("a")
    operations = reader.operations
    with pytest.raises(Denied):
        operations.perform(operations.prepare(Verb.CANCEL, [job]))
    with pytest.raises(Denied):
        operations.perform(operations.prepare_purge(parse_query("state:pending")))
    with pytest.raises(Denied):
        operations.set_paused("mail", paused=True)
    with pytest.raises(Denied):
        operations.clean_workers(0)
    assert reader.states() == {"a": "pending"}
    assert reader.entries() == []
    assert not reader.export_folder.exists()


def test_what_is_then_gone_takes_an_admin() -> None:
    """Who may operate deletes nothing, and is told which right it takes; an admin may do all that an operator may."""
    for verb in (Verb.DELETE, Verb.CLEAN, Verb.UPKEEP):
        assert 'rights = "admin"' in (why_not(verb, Right.OPERATE, FULL) or "")
    assert [verb for verb in FULL.verbs if why_not(verb, Right.ADMIN, FULL)] == []


@pytest.mark.parametrize(
    ("written", "grounds", "right"),
    [
        (None, {}, Right.READ),
        (None, {"asked": Right.OPERATE}, Right.OPERATE),
        (None, {"asked": Right.ADMIN}, Right.ADMIN),
        (None, {"is_native": True}, Right.READ),
        (None, {"is_unnamed": True}, Right.READ),
        (None, {"is_native": True, "is_unnamed": True}, Right.ADMIN),
        ("operate", {}, Right.OPERATE),
        ("operate", {"asked": Right.ADMIN}, Right.OPERATE),
        ("admin", {}, Right.ADMIN),
        ("read", {"asked": Right.ADMIN, "is_native": True, "is_unnamed": True}, Right.READ),
        ("operate", {"asked": Right.ADMIN, "is_read_only": True}, Right.READ),
    ],
)
def test_the_right_is_what_settings_and_flags_say(written: str | None, grounds: dict[str, Any], right: Right) -> None:
    """Settings that say read, and a store that is opened for reading, outdo a flag; our own unnamed queue needs none."""
    every = {"asked": None, "is_unnamed": False, "is_native": False, "is_read_only": False}
    assert decide_right(written, **(every | grounds)) is right
