"""Oban Pro keeps rules in the same table that no change of ours knows: its database is only read."""

from __future__ import annotations

import pytest

from queuetui.model.act import Act, Target, Verb
from queuetui.model.errors import Unsupported
from queuetui.model.limits import Limits
from tests.backends.captures import query
from tests.backends.rights.sql_users import load_dump


@pytest.mark.parametrize(
    ("statement", "is_pro"),
    [
        ("alter table oban_jobs add column uniq_key text generated always as (meta ->> 'uniq_key') stored", True),
        ("create table oban_crons (name text primary key)", True),
        ("alter table oban_jobs add column tenant text", False),
    ],
    ids=["computed column", "table of Pro", "column of the application"],
)
def test_a_table_of_pro_is_only_read(postgres_url: str, statement: str, *, is_pro: bool) -> None:
    """Where a computed column or a table of Pro is there, jobs are shown and each verb says why it is not to be had."""
    capture = load_dump("oban", "oban", postgres_url)
    query(postgres_url, statement)
    backend = capture.open(1)
    target = Target(backend.inspector.get("4").ref)
    if is_pro:
        with pytest.raises(Unsupported, match="as of Oban Pro"):
            backend.operator.apply(Act(Verb.RETRY, "tester"), [target], Limits())
    assert bool(backend.inspector.capabilities.applies) != is_pro
    capture.close()
