"""What will be tried, and what is already different."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.backends import search
from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.native.memory.backend import MemoryRoles
from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.limits import Limits
from queuetui.model.page import Page, PageRequest
from queuetui.model.query import Query
from queuetui.model.query_match import matches
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from queuetui.operate.manifest import make_manifest
from queuetui.operate.operations import Operations, Thoroughness
from tests.monitor.pictures import FOREIGN, NATIVE, NOW, job, running
from tests.operate.desks import LIMITS, Office

EVERY_STATE = tuple(replace(job(state), ref=replace(job().ref, id=state.value)) for state in State)
FREEING = replace(FOREIGN, applies={Verb.RELEASE: frozenset({State.PROCESSING})})
RICH_FOREIGN = replace(FOREIGN, applies={Verb.DELETE: frozenset(State)})


@pytest.mark.parametrize(
    ("verb", "capabilities", "tried"),
    [
        (Verb.RETRY, NATIVE, {"processing", "scheduled", "retrying", "completed", "failed", "cancelled"}),
        (Verb.RETRY, FOREIGN, {"scheduled", "retrying", "completed", "failed", "cancelled"}),
        (Verb.CANCEL, NATIVE, {"scheduled", "pending", "retrying", "processing"}),
        (Verb.DELETE, NATIVE, {state.value for state in State} - {"processing"}),
        (Verb.DELETE, RICH_FOREIGN, {state.value for state in State}),
        (Verb.RELEASE, NATIVE, {"processing"}),
    ],
)
def test_a_verb_is_tried_only_where_it_applies(verb: Verb, capabilities: Capabilities, tried: set[str]) -> None:
    """Each state is either tried or listed as different, with the state as the reason."""
    manifest = make_manifest(verb, EVERY_STATE, capabilities)
    assert {ref.id for ref in manifest.refs} == tried
    assert {left.ref.id: why for left, why in manifest.different} == {
        state.value: f"is {state.value}" for state in State if state.value not in tried
    }
    assert manifest.jobs == EVERY_STATE


def test_retry_of_a_held_job_is_a_release() -> None:
    """A retry of a processing job goes as a release, in a step of its own."""
    manifest = make_manifest(Verb.RETRY, EVERY_STATE, NATIVE)
    steps = dict(manifest.steps)
    assert [ref.id for ref in steps[Verb.RELEASE]] == ["processing"]
    assert "failed" in {ref.id for ref in steps[Verb.RETRY]}


@pytest.mark.parametrize(
    ("capabilities", "reason"),
    [
        (NATIVE, "its worker still holds it; cancel it instead"),
        (replace(FREEING, liveness=Liveness.DEADLINE), "its worker still holds it"),
        (replace(FREEING, liveness=Liveness.DEADLINE, frees_held=True), None),
        (replace(FREEING, liveness=Liveness.HEARTBEAT), None),
    ],
)
def test_a_run_that_is_held_is_left_out_where_its_time_tells(capabilities: Capabilities, reason: str | None) -> None:
    """Where a lease or a deadline decides, only a run that is past it is released; without either the store decides."""
    held, over = running(60, ref=replace(job().ref, id="held")), running(60, -1)
    for verb in (Verb.RETRY, Verb.RELEASE):
        manifest = make_manifest(verb, [held, over], capabilities, now=NOW)
        assert [why for _, why in manifest.different] == ([] if reason is None else [reason])
        assert len(manifest.refs) == 2 - len(manifest.different)


def test_a_manifest_names_queues_and_warnings_once() -> None:
    """The dialog gets each queue and each warning of the backend once."""
    warned = replace(NATIVE, warnings={Verb.CANCEL: "the handler may go on"})
    manifest = make_manifest(Verb.CANCEL, [job(), job(), job(queue="import")], warned)
    assert manifest.queues == ("import", "mail")
    assert manifest.warnings == ("the handler may go on",)


class SlowlyRead(MemoryRoles):
    """The in-memory queue, whose filters are answered by looking at two jobs a page, as stores without an index do."""

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return what matches of the next two jobs."""
        page = super().page(replace(request, query=Query(), limit=2), limits)
        now = self.snapshot(Watch()).now
        found = tuple(job for job in page.jobs if matches(request.query, job, now, lambda _: False))
        return replace(page, jobs=found, looked=2 if page.has_more else None)


def test_a_search_for_what_an_act_is_about_ends_and_goes_on_when_asked(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter without an index is looked for in the newest jobs only, the manifest says in how many, and another goes on from there."""
    monkeypatch.setattr(search, "MOST_LOOKS", 2)
    for number in range(12):
        office.pending(f"0195a3f0-9c00-7000-8000-{number:012x}", "mail" if number % 2 else "import")
    roles, query = SlowlyRead(office.backend.store, BackendOptions()), parse_query("queue:mail")
    backend = Backend(inspector=lambda: roles, operator=lambda: roles, close=lambda: None)
    operations = Operations(backend, office.operations._authority, LIMITS)
    begun = operations.prepare_matching(Verb.DELETE, query)
    assert (len(begun.refs), begun.looked, begun.more) == (2, 4, False)
    told: list[tuple[int, int]] = []
    how = Thoroughness(whole=True, begun=begun, tell=lambda looked, found: told.append((looked, found)))
    rest = operations.prepare_matching(Verb.DELETE, query, how=how)
    assert (rest.refs[:2], len(rest.refs), rest.looked) == (begun.refs, 6, None)
    assert told[0] == (6, 3)
    whole = operations.prepare_purge(query, how=Thoroughness(whole=True))
    assert (whole.refs, whole.purge) == (rest.refs, True)


def test_all_means_what_matched_then(office: Office) -> None:
    """A job that matches only after the manifest was made is not touched."""
    office.pending("a")
    manifest = office.operations.prepare_matching(Verb.CANCEL, parse_query("state:pending"))
    office.pending("b")
    assert office.operations.perform(manifest).done == 1
    assert office.states() == {"a": "cancelled", "b": "pending"}


def test_an_act_takes_a_bounded_number(office: Office) -> None:
    """Past its bound an act says that more match, and leaves them."""
    for name in "abc":
        office.pending(name)
    manifest = office.operations.prepare_matching(Verb.CANCEL, parse_query(""), limit=2)
    assert (len(manifest.refs), manifest.more) == (2, True)
    assert not office.operations.prepare_matching(Verb.CANCEL, parse_query(""), limit=3).more
