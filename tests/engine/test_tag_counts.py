"""Runs that are counted in the store by the values of tags."""

from __future__ import annotations

import pytest

from queuetui.engine.held import Run, RunEnding
from queuetui.engine.tag_counts import MOST_COUNTED, OTHER, TagCounts
from queuetui.model.clock import EPOCH
from queuetui.model.job import ClaimedJob, Ending, Settlement
from queuetui.model.job_id import new_job_id
from queuetui.model.names import read_counted_tag
from queuetui.model.run_notes import COUNTER_NAME_CHARS, read_tag_counter, tag_counter


def ended(ending: Ending, *tags: str) -> RunEnding:
    """Return the end of a run of a job with tags."""
    job = ClaimedJob(new_job_id(), 1, "Send", "mail", b"", None, 0, 0, 3, 0, None, tags, None, EPOCH, EPOCH)
    return RunEnding(Run(job, "w"), Settlement(job.id, 1, "Send", ending, 0.2))


def usage(one: RunEnding) -> dict[str, float]:
    """Return what a run counts."""
    notes = one.run.context.notes
    return {} if notes is None else dict(notes.usage)


@pytest.mark.parametrize(
    ("ending", "tags", "counted"),
    [
        (Ending.COMPLETED, ("provider:acme", "zone:eu"), [("provider", "acme", "completed")]),
        (Ending.RETRY, ("provider=acme",), [("provider", "acme", "retry")]),
        (Ending.FAILED, ("provider:a", "shop:7"), [("provider", "a", "failed"), ("shop", "7", "failed")]),
        (Ending.RELEASED, ("provider:acme",), []),
        (Ending.SNOOZED, ("provider:acme",), []),
        (Ending.COMPLETED, ("provider:", "zone:eu"), []),
        (Ending.COMPLETED, (), []),
    ],
)
def test_a_run_is_counted_once_by_its_tags(
    ending: Ending, tags: tuple[str, ...], counted: list[tuple[str, str, str]]
) -> None:
    """By the tags that are counted by, however often its ending is written; what was only given back has not run."""
    one, counts = ended(ending, *tags), TagCounts(["provider", "shop"])
    counts.mark([one])
    counts.mark([one])
    assert {read_tag_counter(name): amount for name, amount in usage(one).items()} == dict.fromkeys(counted, 1.0)


def test_what_tags_are_full_of_is_bounded() -> None:
    """Values beyond the bound are one, and a long one is cut."""
    counts, names = TagCounts(["shop"]), set[str]()
    for number in range(MOST_COUNTED + 5):
        one = ended(Ending.COMPLETED, f"shop:{number}{'x' * 100}")
        counts.mark([one])
        names |= usage(one).keys()
    assert len(names) == MOST_COUNTED + 1
    assert tag_counter("shop", OTHER, "completed") in names
    assert max(map(len, names)) == COUNTER_NAME_CHARS


@pytest.mark.parametrize("name", ["", "a:b", "a=b", "a b", "x" * 33])
def test_what_is_no_name_of_a_tag_is_refused(name: str) -> None:
    """With what would be one."""
    with pytest.raises(ValueError, match="provider:acme it is provider"):
        read_counted_tag(name)
