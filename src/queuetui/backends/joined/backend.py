"""Joins two open backends into one queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    """Give a URL as it may be shown, and name its database in what connecting to it raises.

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
    """Return one queue of two halves; jobs travel from the first, whose server is the one that is told of.

    The first is closed where the second cannot be opened.
    """
    try:
        second = open_second()
    except BaseException:
        first.close()
        raise
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
