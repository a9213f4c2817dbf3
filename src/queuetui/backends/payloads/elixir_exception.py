"""Reads an exception as Elixir writes it: class in brackets behind two stars, message, stack."""

from __future__ import annotations

import re

from queuetui.model.job import JobError
from queuetui.model.text import Untrusted

_SAID = re.compile(r"\*\* \(([^)\s]+)\) ?(.*)")


def read_elixir_exception(text: str) -> JobError | None:
    """Return the error that a text begins with, None where it is none of Elixir's."""
    said = _SAID.match(text)
    return (
        None if said is None else JobError(Untrusted(said[1].rpartition(".")[2]), Untrusted(said[2]), Untrusted(text))
    )
