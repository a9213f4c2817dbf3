"""Workers killed at random lose nothing, run nothing twice without saying why, and never share a job."""

from __future__ import annotations

import random

import pytest

from tests.acceptance.soak import Plan, run_soak

STORES = ("sqlite_url", "postgres_url", "mysql_url", "redis_url")


@pytest.mark.parametrize(
    ("store", "seed"),
    [
        pytest.param("sqlite_url", 1, marks=pytest.mark.timed),
        *(pytest.param(store, None, marks=pytest.mark.campaign) for store in STORES),
    ],
)
def test_killed_workers_break_no_promise(store: str, seed: int | None, request: pytest.FixtureRequest) -> None:
    """A few hundred jobs from four processes, three workers of which two are killed: each job ends once."""
    seed = random.randrange(2**31) if seed is None else seed
    plan = Plan(300, seed, deadline_s=90, slowness=10, kill_every_s=(0.2, 1.0), lease_s=6.0)
    soaked = run_soak(request.getfixturevalue(store), plan)
    assert soaked.broken == []
    assert soaked.kills > 0


@pytest.mark.soak
@pytest.mark.parametrize("store", STORES)
def test_killed_workers_break_no_promise_for_long(store: str, request: pytest.FixtureRequest) -> None:
    """The same with 20,000 jobs."""
    soaked = run_soak(request.getfixturevalue(store), Plan(20_000, random.randrange(2**31), deadline_s=1500))
    assert soaked.broken == []
    assert soaked.kills > 5
