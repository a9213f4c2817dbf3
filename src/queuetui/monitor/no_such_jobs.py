"""Says why a filter can find no job, whatever the store holds."""

from __future__ import annotations

from queuetui.backends.reading.query_scope import states_asked
from queuetui.model.capabilities import Capabilities
from queuetui.model.query import Query
from queuetui.model.state import State


def why_none(query: Query, capabilities: Capabilities) -> str:
    """Return why no job can be in the states that the filter asks for; empty if one can."""
    asked = states_asked(query, frozenset(State))
    if not asked:
        return "The filter asks for states that exclude each other, so no job can match it."
    if asked & capabilities.keeps:
        return ""
    first = next(state for state in State if state in asked)
    told = capabilities.why_missing(first)
    return f"{told[:1].upper()}{told[1:]}."
