"""Acts that a unique rule of a product forbids, where the database holds the rule: they change nothing and say what is in the way."""

from __future__ import annotations

import pytest

from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from tests.backends.captures import query, run_script
from tests.backends.rights.sql_users import load_dump

# An application's own rule, and River's of its migration 6.
_OBAN = """
create unique index oban_jobs_one_report on oban_jobs ((meta ->> 'report')) where state in ('available', 'scheduled', 'retryable');
update oban_jobs set meta = meta || '{{"report": 1}}' where id in ({mine}, {other});
"""
_RIVER = """
create unique index river_job_unique_idx on river_job (unique_key)
where unique_key is not null and state in ('available', 'pending', 'retryable', 'scheduled');
update river_job set unique_key = 'report' where id in ({mine}, {other});
"""
_JOBS = {"oban": "oban_jobs", "river": "river_job"}


@pytest.mark.parametrize(
    ("kind", "rule", "verb", "mine", "other", "after_s"),
    [
        ("oban", _OBAN, Verb.RETRY, "4", "23", 1),
        ("oban", _OBAN, Verb.RETRY, "16", "23", 1),
        ("oban", _OBAN, Verb.RELEASE, "14", "23", 61),
        ("river", _RIVER, Verb.RETRY, "3", "15", 1),
        ("river", _RIVER, Verb.RETRY, "8", "15", 1),
        ("river", _RIVER, Verb.RELEASE, "10", "15", 3661),
    ],
)
def test_a_job_that_would_be_the_second_is_left(
    postgres_url: str, kind: str, rule: str, verb: Verb, mine: str, other: str, after_s: float
) -> None:
    """A retry or a release is refused for the one job, whose row stays as it was, and is done to another beside it."""
    capture = load_dump(kind, kind, postgres_url)
    run_script(postgres_url, rule.format(mine=mine, other=other))
    row = f"select row_to_json(one)::text from {_JOBS[kind]} one where id = {mine}"
    before, backend = query(postgres_url, row), capture.open(after_s)
    # One that no rule holds back.
    beside = {"oban": "5", "river": "4"}[kind] if verb is Verb.RETRY else {"oban": "15", "river": "11"}[kind]
    targets = [Target(backend.inspector.get(one).ref) for one in (mine, beside)]
    refused, done = backend.operator.apply(Act(verb, "tester"), targets, Limits())
    assert (refused.outcome, "another row holds what one alone may hold" in refused.note) == (Outcome.FAILED, True)
    assert query(postgres_url, row) == before
    assert done.outcome is Outcome.DONE
    query(postgres_url, f"delete from {_JOBS[kind]} where id = {other}")
    (again,) = backend.operator.apply(Act(verb, "tester"), targets[:1], Limits())
    assert again.outcome is Outcome.DONE
    capture.close()
