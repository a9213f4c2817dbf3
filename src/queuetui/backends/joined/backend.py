"""Joins two open backends into one queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.backend import Backend
from queuetui.backends.joined.halves import Halves
from queuetui.backends.joined.inspector import JoinedInspector
from queuetui.backends.joined.operator import JoinedOperator

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions


def join_backends(first: Backend, second: Backend, second_holds: str, options: BackendOptions) -> Backend:
    """Return one queue of two halves; jobs travel from the first, whose server is the one that is told of."""
    halves = Halves(first.inspector, second.inspector, second_holds)
    inspector = JoinedInspector(halves, options.limits)

    def close() -> None:
        try:
            first.close()
        finally:
            second.close()

    examiner, server_look = first.examiner, first.server_look
    schedules = first.schedules if first.inspector.capabilities.schedules else second.schedules
    return Backend(
        inspector=lambda: inspector,
        operator=lambda: JoinedOperator(halves, first.operator, second.operator, inspector.capabilities),
        examiner=None if examiner is None else lambda: examiner,
        server_look=None if server_look is None else lambda: server_look,
        limits=options.limits,
        schedules=None if schedules is None else lambda: schedules,
        beside=second,
        close=close,
    )
