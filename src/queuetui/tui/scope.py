"""The scope of a list of jobs: a state tab, a queue, a filter and an order.

Together they form one filter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from queuetui.model.filter_text import split_terms
from queuetui.model.query import Query, Sort
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.tui.present.identity import queue_term


@dataclass(frozen=True, slots=True)
class StateTab:
    """One tab above the table, with its digit and states.

    The tab Stuck has no states: it selects jobs by their verdict.
    """

    digit: str
    title: str
    states: tuple[State, ...] = ()
    is_stuck: bool = False

    @property
    def term(self) -> str:
        """The filter of the tab."""
        if self.is_stuck:
            return "is:stuck"
        return f"state:{','.join(self.states)}" if self.states else ""


TABS = (
    StateTab("1", "All"),
    StateTab("2", "Pending", (State.PENDING, State.BLOCKED)),
    StateTab("3", "Processing", (State.PROCESSING,)),
    StateTab("4", "Stuck", is_stuck=True),
    StateTab("5", "Failed", (State.FAILED,)),
    StateTab("6", "Later", (State.SCHEDULED, State.RETRYING)),
    StateTab("7", "Done", (State.COMPLETED,)),
    StateTab("8", "Cancelled", (State.CANCELLED,)),
)
ALL_TAB, STUCK_TAB = TABS[0], TABS[3]


@dataclass(frozen=True, slots=True)
class Scope:
    """An immutable scope; every change returns a new one."""

    tab: StateTab = ALL_TAB
    queue: Untrusted | None = None
    filter_text: str = ""
    sort: Sort | None = None

    @property
    def text(self) -> str:
        """The scope in the filter language."""
        sort = "" if self.sort is None else f"sort:{'-' if self.sort.descending else ''}{self.sort.field}"
        queue = "" if self.queue is None else queue_term(self.queue)
        return " ".join(part for part in (self.tab.term, queue, self.filter_text, sort) if part)

    @property
    def query(self) -> Query:
        """The scope as a parsed query."""
        return parse_query(self.text)

    def without_last(self, beginning: Scope) -> Scope | None:
        """Return this scope without the last part added since `beginning`, None if nothing was added.

        The parts are taken off in the order in which the second line shows them, from its end.
        """
        if self.filter_text not in {"", beginning.filter_text}:
            return replace(self, filter_text=beginning.filter_text)
        if self.tab not in {ALL_TAB, beginning.tab}:
            return replace(self, tab=beginning.tab)
        if self.queue not in {None, beginning.queue}:
            return replace(self, queue=beginning.queue)
        return None

    def filtered(self, text: str) -> Scope:
        """Return this scope with a filter; one that names states resets the tab; raises BadQuery."""
        query = parse_query(text)
        speaks_of_state = any(term.field in {"state", "is"} for term in query.terms)
        words = (text[start:end] for start, end in split_terms(text))
        without_sort = " ".join(word for word in words if not word.lower().startswith(("sort:", "sort=")))
        return replace(
            self,
            tab=ALL_TAB if speaks_of_state else self.tab,
            filter_text=without_sort if query.sort is not None else text.strip(),
            sort=query.sort or self.sort,
        )
