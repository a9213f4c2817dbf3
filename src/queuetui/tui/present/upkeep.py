"""Chores that are declared beside the jobs, and tokens of workers, as rows to choose from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from queuetui.model.counted import counted
from queuetui.model.text import SafeText, sanitize
from queuetui.model.upkeep import Chore, ChorePlan, Token
from queuetui.tui.present.ages import age_text
from queuetui.tui.present.lines import BLANK, TextLine, line_of, say
from queuetui.tui.present.questions import Question
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

if TYPE_CHECKING:
    from queuetui.config.profile import Profile

UPKEEP_COLUMNS = (
    Column("what", "chore or token", 18, 30, flex=1),
    Column("does", "", 24, 70, flex=2),
)
# The ages, in days, for which a chore on old rows is offered.
DAYS = (7.0, 30.0, 90.0, 365.0)
# At most this many tokens are read, those that expire last.
MOST_TOKENS = 200
_SENTENCE_CAP = 1000


@dataclass(frozen=True, slots=True)
class OfferedChore:
    """A chore with the age of the rows that it changes."""

    chore: Chore
    days: float | None = None

    @property
    def key(self) -> str:
        """The key of its row."""
        return self.chore.name if self.days is None else f"{self.chore.name} {self.days:g}"


def offer(chores: Iterable[Chore]) -> tuple[OfferedChore, ...]:
    """Return the chores to choose from; a chore on old rows once for each age."""
    return tuple(OfferedChore(one, days) for one in chores for days in (DAYS if one.takes_days else (None,)))


def upkeep_rows(offered: Sequence[OfferedChore], tokens: Sequence[Token], now: datetime, text: str) -> list[Row]:
    """Return the chores and then the tokens whose words contain the typed text."""
    rows = [Row(one.key, (Cell(sanitize(one.key), Tone.STRONG), Cell(_does(one)))) for one in offered]
    for place, token in enumerate(tokens):
        state = token.state(now)
        tone = {"open": Tone.GOOD, "expired": Tone.WARNING}.get(state, Tone.MUTED)
        rows.append(
            Row(f"token {place}", (Cell(sanitize(f"token {token.masked}")), Cell(_told(token, state, now), tone)))
        )
    if len(tokens) >= MOST_TOKENS:
        told = f"the {MOST_TOKENS} tokens that expire last are shown and there may be more"
        rows.append(Row("more tokens", (Cell(sanitize("...")), Cell(sanitize(told), Tone.MUTED))))
    needle = text.casefold()
    return [row for row in rows if any(needle in cell.text.casefold() for cell in row.cells)]


def ask_chore(plan: ChorePlan, profile: Profile) -> Question:
    """Return the question of a chore, with how many rows it would change and a few of them."""
    does_it = plan.chore.does if plan.days is None else plan.chore.does.replace("some days", f"{plan.days:g} days")
    title = f"{plan.chore.name.capitalize()} in {profile.title}?"
    does = line_of(say(f"To {does_it}: {counted(plan.rows, 'row')}.", cap=_SENTENCE_CAP))
    if not plan.rows:
        return Question(title, (does, line_of(say("There is nothing to do.", Tone.MUTED))))
    lines: list[TextLine] = [
        does,
        BLANK,
        *(line_of(say(f"  {sanitize(one, 120)}", Tone.MUTED)) for one in plan.samples),
    ]
    if plan.rows > len(plan.samples):
        lines.append(line_of(say(f"  and {plan.rows - len(plan.samples):,} more", Tone.MUTED)))
    if plan.chore.beware:
        lines += [BLANK, line_of(say(f"Beware: {plan.chore.beware}", Tone.WARNING, _SENTENCE_CAP))]
    return Question(title, tuple(lines), "Do it", profile.name if profile.protected else "")


def _does(offered: OfferedChore) -> SafeText:
    if offered.days is None:
        return sanitize(offered.chore.does)
    return sanitize(offered.chore.does.replace("some days", f"{offered.days:g} days"))


def tokens_text(tokens: Sequence[Token], now: datetime) -> str:
    """Return `tokens: 1 open, 3 expired`, by their states; `1+` where not all were read."""
    states, more = Counter(token.state(now) for token in tokens), "+" if len(tokens) >= MOST_TOKENS else ""
    told = (f"{states[one]:,}{more} {one}" for one in ("open", "consumed", "expired") if states[one])
    return "tokens: " + ", ".join(told)


def _told(token: Token, state: str, now: datetime) -> SafeText:
    if token.worker is not None:
        return sanitize(f"consumed by worker {sanitize(token.worker, 40)}")
    if token.expires_at is None:
        return sanitize(f"{state}, without an end")
    left_s = (token.expires_at - now).total_seconds()
    return sanitize(f"{state}, ends in {age_text(left_s)}" if left_s > 0 else f"{state} {age_text(-left_s)} ago")
