"""The tables of pg-boss up to version 9, as 6.2, 8.4 and 9.0 make them, and what those of version 12 forbid."""

from __future__ import annotations

import psycopg
import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import Unsupported
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.state import State
from tests.backends.captures import FIXTURES, query, run_script

_TABLES = """
create schema pgboss;
create type pgboss.job_state as enum ('created', 'retry', 'active', 'completed', 'expired', 'cancelled', 'failed');
create table pgboss.job (
  id uuid primary key default gen_random_uuid(), name text not null, priority integer not null default 0, data jsonb,
  state pgboss.job_state not null default 'created', retrylimit integer not null default 0, retrycount integer not null default 0,
  retrydelay integer not null default 0, retrybackoff boolean not null default false, startafter timestamptz not null default now(),
  startedon timestamptz, singletonkey text, singletonon timestamp, expirein interval not null default interval '15 minutes',
  createdon timestamptz not null default now(), completedon timestamptz, keepuntil timestamptz not null default now(),
  on_complete boolean not null default false, output jsonb);
insert into pgboss.job (name, state) select 'mail', unnest(enum_range(null::pgboss.job_state));
insert into pgboss.job (name, startafter) values ('mail', now() + interval '1 hour');
update pgboss.job set output = '{"name": "RangeError", "message": "bad"}', startedon = now(), completedon = now()
  where state in ('expired', 'failed');
update pgboss.job set startedon = now() where state = 'active'
"""


def test_the_tables_of_earlier_versions_are_only_read(postgres_url: str) -> None:
    """Each job is in one state, what expired has failed, and a verb says why there is none."""
    with psycopg.connect(postgres_url) as server:
        server.execute(_TABLES.encode())
    backend = open_backend(postgres_url, BackendOptions(kind="pg-boss"))
    jobs = backend.inspector.page(PageRequest(), Limits()).jobs
    states = sorted(job.state for job in jobs)
    waiting = [State.PENDING, State.SCHEDULED, State.RETRYING, State.PROCESSING]
    assert states == sorted([*waiting, State.COMPLETED, State.CANCELLED, State.FAILED, State.FAILED])
    (expired,) = [job for job in jobs if any("expired" in remark for remark in job.remarks)]
    assert expired.error is not None
    assert (expired.state, expired.error.class_name.raw, expired.attempts) == (State.FAILED, "RangeError", 1)
    assert backend.inspector.get(expired.ref.id).ref == expired.ref
    with pytest.raises(Unsupported, match="pg-boss 9 or before"):
        backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(expired.ref)], Limits())
    backend.close()


_TWINS = """
insert into pgboss.job (name, state, policy)
select min(name), unnest(array['created', 'cancelled']::pgboss.job_state[]), 'stately' from pgboss.queue where name = 'email'
"""


def test_a_job_that_would_be_the_second_of_its_state_is_left(postgres_url: str) -> None:
    """Where the policy of a queue allows one job a state, the retry of another one changes nothing and says what is in its way."""
    run_script(postgres_url, (FIXTURES / "pg-boss12" / "dump.postgres.sql").read_text(encoding="utf-8"))
    query(postgres_url, _TWINS)
    where = "where policy = 'stately' and state = 'cancelled'"
    ((job_id,),) = query(postgres_url, f"select id::text from pgboss.job {where}")
    backend = open_backend(postgres_url, BackendOptions(kind="pg-boss"))
    ref = backend.inspector.get(job_id).ref
    (result,) = backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(ref)], Limits())
    assert (result.outcome, "another row holds what one alone may hold" in result.note) == (Outcome.FAILED, True)
    assert query(postgres_url, f"select count(*) from pgboss.job {where}") == [(1,)]
    backend.close()


def test_a_job_that_others_wait_for_says_so(postgres_url: str) -> None:
    """Before it is cancelled or deleted, which is refused for the same reason."""
    run_script(postgres_url, (FIXTURES / "pg-boss12" / "dump.postgres.sql").read_text(encoding="utf-8"))
    query(
        postgres_url,
        "update pgboss.job set blocking = id::text = (select min(id::text) from pgboss.job where state = 'created')",
    )
    backend = open_backend(postgres_url, BackendOptions(kind="pg-boss"))
    jobs = backend.inspector.page(PageRequest(limit=1000), Limits()).jobs
    (first,) = [job for job in jobs if any("other jobs wait for it" in remark for remark in job.remarks)]
    for verb in (Verb.CANCEL, Verb.DELETE):
        (result,) = backend.operator.apply(Act(verb, "tester"), [Target(first.ref)], Limits())
        assert (result.outcome, result.note in first.remarks) == (Outcome.SKIPPED, True)
    backend.close()
