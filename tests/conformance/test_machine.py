"""Every backend against the reference, told the same things at random."""

from __future__ import annotations

from contextlib import ExitStack
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from queuetui.backends.base import NativeBackend
from tests.conformance.conftest import FreshStore
from tests.conformance.machine import TwoBackends
from tests.conformance.stores import KINDS, Store

REFERENCE = "memory"
SETTINGS = settings(
    max_examples=15, stateful_step_count=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != REFERENCE])
def test_a_backend_does_as_the_reference_does(make_store: FreshStore) -> None:
    """Whatever clients, workers and persons do, a backend answers and stands as the reference does."""
    with ExitStack() as stack:

        def open_both() -> tuple[NativeBackend, NativeBackend]:
            stack.close()
            subject = stack.enter_context(make_store()).open()
            return Store(REFERENCE, f"memory://{uuid4().hex}").open(), subject

        machine = type("Machine", (TwoBackends,), {"open_both": staticmethod(open_both)})
        run_state_machine_as_test(machine, settings=SETTINGS)
