"""Every backend against the reference, told the same things at random."""

from __future__ import annotations

from contextlib import ExitStack
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from queuetui.backends.backend import NativeBackend
from tests.conformance.conftest import FreshStore
from tests.conformance.machine import TwoBackends
from tests.conformance.stores import KINDS, Store
from tests.conftest import CAMPAIGN

REFERENCE = "memory"
BOUNDED = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
FEW = settings(BOUNDED, max_examples=8, stateful_step_count=20)
KEPT = {"native.keep_cancelled": "0"}


def choose_settings() -> settings:
    """Return how many examples to run: few, or under `--hypothesis-profile campaign` as many as that says."""
    if settings.get_current_profile_name() != CAMPAIGN:
        return FEW
    many = settings.get_profile(CAMPAIGN)
    return settings(BOUNDED, max_examples=many.max_examples, stateful_step_count=many.stateful_step_count)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != REFERENCE])
def test_a_backend_does_as_the_reference_does(make_store: FreshStore) -> None:
    """Whatever clients, workers and persons do, a backend answers and stands as the reference does."""
    with ExitStack() as stack:

        def open_both() -> tuple[NativeBackend, NativeBackend]:
            stack.close()
            subject = stack.enter_context(make_store()).open(KEPT)
            return Store(REFERENCE, f"memory://{uuid4().hex}").open(KEPT), subject

        machine = type("Machine", (TwoBackends,), {"open_both": staticmethod(open_both)})
        run_state_machine_as_test(machine, settings=choose_settings())
