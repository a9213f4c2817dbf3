"""Writes the lifecycle diagram into its page: `python -m tests.docs.lifecycle`."""

from __future__ import annotations

from pathlib import Path

from queuetui.model.state import draw_lifecycle

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"
START, END = "<!-- lifecycle -->\n", "<!-- /lifecycle -->"


def put_diagram(page: str) -> str:
    """Return the page with the diagram as the code has it now."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n```mermaid\n{draw_lifecycle()}```\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(put_diagram(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
