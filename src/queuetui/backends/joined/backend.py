"""Joins two open backends into one queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from queuetui.backends.backend import Backend
from queuetui.backends.joined.halves import Halves
from queuetui.backends.joined.inspector import JoinedInspector
from queuetui.backends.joined.operator import JoinedOperator
from queuetui.model.errors import BadConfig, Denied, Unreachable
from queuetui.model.urls import hide_password

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions


_SQL = ("sqlite", "postgres", "mysql", "mariadb")


@contextmanager
def second_database(url: str, holds: str, instead: str) -> Iterator[str]:
    """Give the URL of a second store as it may be shown, and name it in errors of connecting to it.

    Raises BadConfig for a URL of no database, with what to write `instead`.
    """
    shown = hide_password(url)
    if not url.startswith(_SQL):
        raise BadConfig(f"{shown} is no database with {holds}; write {instead}", "beside")
    try:
        yield shown
    except (Unreachable, Denied) as error:
        raise type(error)(f"the database of {holds}, {shown}: {error}") from error


def open_joined(
    first: Backend, open_second: Callable[[], Backend], second_holds: str, options: BackendOptions
) -> Backend:
    """Return one queue of two halves, and close the first where the second cannot be opened.

    Jobs travel from the first to the second; the server of the first is the one that is examined.
    """
    with ExitStack() as opened:
        opened.callback(first.close)
        second = open_second()
        opened.callback(second.close)
        close = opened.pop_all().close
    halves = Halves((first.inspector, second.inspector), second_holds)
    inspector = JoinedInspector(halves, options.limits)
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
