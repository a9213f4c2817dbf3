"""The sentences in place of rows in an empty list."""

from __future__ import annotations

from queuetui.model.page import Page
from queuetui.monitor.link import Link, LinkState
from queuetui.tui.scope import ALL_TAB, STUCK_TAB, Scope


def waiting_sentence(link: Link, *, frozen: bool = False) -> str:
    """Return the sentence before a list was read, with the reason if the store is lost."""
    if link.is_down:
        once = "This was not read before the store was lost" if link.was_live else "Nothing could be read yet"
        return f"{once}: {link.reason}"
    if frozen:
        return "The screen is frozen, so this is not shown yet; z lets it show."
    return "connecting ..." if link.state is LinkState.CONNECTING else "reading ..."


def empty_sentence(
    scope: Scope, page: Page, looked_before: int, impossible: str = "", *, is_native: bool = True
) -> str:
    """Return the sentence for a list without jobs: the reason, or how far the search went."""
    if impossible:
        return f"{impossible} {'Esc clears the filter.' if scope.filter_text else '1 shows all states.'}"
    if page.looked is not None:
        looked = f"{looked_before + page.looked:,}"
        return f"None among the {looked} jobs looked through, and there are more. n goes on looking, Esc clears the filter."
    if scope.filter_text:
        return "No job matches this filter. Esc clears it; f builds another."
    if scope.tab is STUCK_TAB:
        return "Nothing is stuck. 1 shows all jobs."
    if scope.tab is not ALL_TAB or scope.queue is not None:
        return "No such jobs now. 1 shows all states, Q chooses another queue."
    if not is_native:
        return "No jobs here now."
    return "No jobs here yet. Programs enqueue them, and so does: queuetui enqueue TYPE"
