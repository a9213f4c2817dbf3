"""One transaction on a driver's connection, the same on every dialect: blocks in, plain rows out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from queuetui.backends.native.sql.blocks import load_blocks

Row = tuple[Any, ...]
Execute = Callable[[str, Mapping[str, Any] | Row], Any]


class Session(ABC):
    """Runs blocks on a connection; subclasses convert values to the types of their dialect."""

    dialect: ClassVar[str]

    def __init__(self, execute: Execute) -> None:
        self.execute = execute
        self.blocks = load_blocks(self.dialect)

    def rows(self, block: str, **values: object) -> list[Row]:
        """Run a block and return its rows."""
        return [tuple(row) for row in self.execute(self.blocks[block], self.bound(values)).fetchall()]

    def row(self, block: str, **values: object) -> Row | None:
        """Run a block and return its first row."""
        row = self.execute(self.blocks[block], self.bound(values)).fetchone()
        return None if row is None else tuple(row)

    def change(self, block: str, **values: object) -> int:
        """Run a block and return how many rows it changed."""
        count: int = self.execute(self.blocks[block], self.bound(values)).rowcount
        return count

    def each(self, block: str, many: Sequence[Mapping[str, object]]) -> list[Row | None]:
        """Run a block once for each set of values; return the first row of each."""
        return [self.row(block, **values) for values in many]

    def change_each(self, block: str, many: Sequence[Mapping[str, object]]) -> int:
        """Run a block once for each set of values and return how many rows all of them changed."""
        return sum(self.change(block, **values) for values in many)

    def bound(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """Return the values together with those that the dialect adds to each statement."""
        return values

    @abstractmethod
    def id_in(self, found: UUID) -> object:
        """Return an id as the store holds it."""

    @abstractmethod
    def id_out(self, value: Any) -> str:  # noqa: ANN401 - whatever the driver returns
        """Return the canonical text of a stored id."""

    @abstractmethod
    def moment_in(self, at: datetime) -> object:
        """Return a time as the store holds it."""

    @abstractmethod
    def moment_out(self, value: Any) -> datetime:  # noqa: ANN401 - whatever the driver returns
        """Return a stored time."""
