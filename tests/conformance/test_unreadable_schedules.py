"""A schedule that this version cannot read, as a newer one may write it."""

from __future__ import annotations

import pytest

from queuetui.model.errors import BadConfig
from queuetui.model.limits import Limits
from queuetui.model.schedule import ScheduleSpec
from queuetui.model.snapshot import Part, Watch
from queuetui.monitor.feed import Feed
from tests.conformance.stores import Store
from tests.conformance.test_schedules import HOUR, SLOT, add


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mysql", "redis"])
def test_it_holds_up_no_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the due schedules those that can be read are told, and only when there are none what is wrong with the others."""
    backend = store.open()
    add(backend, SLOT - HOUR, name="newer")
    add(backend, name="known")
    read_spec = ScheduleSpec.from_text

    def refuse(text: str) -> ScheduleSpec:
        if "newer" in text:
            message = "a stored schedule cannot be read"
            raise BadConfig(message, "schedule")
        return read_spec(text)

    monkeypatch.setattr(ScheduleSpec, "from_text", refuse)
    (known,) = backend.schedules.due_schedules(10).schedules
    assert known.spec.name == "known"
    with pytest.raises(BadConfig):
        backend.schedules.due_schedules(1)
    listed = backend.schedules.schedules()
    assert [one.spec.name for one in listed.schedules] == ["known"]
    assert "cannot be read" in listed.problem
    snapshot = Feed(backend, Limits()).poll(Watch(parts=frozenset({Part.SCHEDULES})))
    assert (len(snapshot.schedules), snapshot.problems["schedules"]) == (1, listed.problem)
