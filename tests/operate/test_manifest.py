"""What will be tried, and what is already different."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from queuetui.operate.manifest import make_manifest
from tests.monitor.pictures import FOREIGN, NATIVE, job
from tests.operate.desks import Office

EVERY_STATE = tuple(replace(job(state), ref=replace(job().ref, id=state.value)) for state in State)
RICH_FOREIGN = replace(FOREIGN, applies={Verb.DELETE: frozenset(State)})


@pytest.mark.parametrize(
    ("verb", "capabilities", "tried"),
    [
        (Verb.RETRY, NATIVE, {"processing", "scheduled", "retrying", "completed", "failed", "cancelled"}),
        (Verb.RETRY, FOREIGN, {"scheduled", "retrying", "completed", "failed", "cancelled"}),
        (Verb.CANCEL, NATIVE, {"scheduled", "pending", "retrying", "processing"}),
        (Verb.DELETE, NATIVE, {state.value for state in State} - {"processing", "blocked"}),
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


def test_a_manifest_names_queues_and_warnings_once() -> None:
    """The dialog gets each queue and each warning of the backend once."""
    warned = replace(NATIVE, warnings={Verb.CANCEL: "the handler may go on"})
    manifest = make_manifest(Verb.CANCEL, [job(), job(), job(queue="import")], warned)
    assert manifest.queues == ("import", "mail")
    assert manifest.warnings == ("the handler may go on",)


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
