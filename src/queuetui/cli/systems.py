"""The queue systems that a command line names.

All of a store, those of one kind, or those of several profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from click.exceptions import Exit

from queuetui.cli.exit_codes import exit_code
from queuetui.cli.output import cell, say
from queuetui.cli.session import choose_profiles, flags_of, resolve_id
from queuetui.cli.store_places import System, find_places
from queuetui.model.counted import counted
from queuetui.model.errors import BadQuery, Conflict, NotFound, QueueTuiError, Unsupported
from queuetui.model.snapshot import Part, Watch
from queuetui.model.stats import describe_stats

if TYPE_CHECKING:
    from queuetui.config.profile import Profile
    from queuetui.model.act import Verb
    from queuetui.operate.manifest import Manifest

NARROW = "say which with --kind or --profile"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Systems:
    """All systems that a command line names; `lost` holds the errors of those not opened, by title."""

    opened: tuple[System, ...]
    lost: dict[str, QueueTuiError] = field(default_factory=dict)

    def __iter__(self) -> Iterator[System]:
        """Yield the open systems."""
        return iter(self.opened)

    @property
    def are_many(self) -> bool:
        """Whether answers must name their system."""
        return len(self.opened) + len(self.lost) > 1

    @property
    def titles(self) -> str:
        """The titles of all open systems."""
        return ", ".join(one.title for one in self.opened)

    def table(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return the columns of a table, with the system's name first if there are several systems."""
        return ("backend", *columns) if self.are_many else tuple(columns)

    def tell_of(self, system: System) -> Callable[[str], None]:
        """Return a function that prints messages about a system, with its title if there are several."""
        return (lambda words: say(f"{system.title}: {words}")) if self.are_many else say

    def with_role(self, has: Callable[[System], object], lacking: Callable[[System], str]) -> Systems:
        """Return the systems with a role; the others are named on stderr, each with its reason.

        Raises Unsupported, with the first one's reason, if none has the role.
        """
        able = tuple(one for one in self.opened if has(one))
        if not able:
            others = len(self.opened) - 1
            more = f"; the same holds of {counted(others, 'other system')} here" if others else ""
            raise Unsupported(f"{lacking(self.opened[0])}{more}")
        for system in self.opened:
            if system not in able:
                say(f"{system.title} is left out: {lacking(system)}")
        return replace(self, opened=able)

    def only_one(self, what: str) -> System:
        """Return the only system.

        Raises Conflict if there are several, as a guess might choose the wrong one.
        """
        self.require_all(what)
        if len(self.opened) > 1:
            raise Conflict(f"{what} is done in one queue at a time, and there are {self.titles}: {NARROW}")
        return self.opened[0]

    def able_to(self, verb: Verb) -> System:
        """Return the only system that supports a verb; raises Conflict if several do."""
        able = tuple(one for one in self.opened if one.operations.why_impossible(verb) is None)
        return replace(self, opened=able or self.opened[:1]).only_one(verb.value)

    def answers_of(self, ask: Callable[[System], T], asked: Sequence[System] = ()) -> list[tuple[System, T]]:
        """Return the answer of each system; those that cannot answer the filter are named on stderr.

        Raises BadQuery or Unsupported if none can answer.
        """
        answers: list[tuple[System, T]] = []
        refusals: dict[str, QueueTuiError] = {}
        for system in asked or self.opened:
            try:
                answers.append((system, ask(system)))
            except (BadQuery, Unsupported) as error:
                refusals[system.title] = error
        if not answers:
            raise next(iter(refusals.values()))
        for title, why in refusals.items():
            say(f"{title} is left out: {why}")
        return answers

    def require_all(self, what: str) -> None:
        """Raise Conflict if a system that might be the one meant could not be opened."""
        if self.lost:
            title, error = next(iter(self.lost.items()))
            raise Conflict(f"{what} may have meant {title}, which cannot be read ({error}): {NARROW}")

    def find_job(self, written: str, *, whole: bool = False) -> tuple[System, str]:
        """Return the system that has the job with this id, or this end of an id, and the full id.

        Raises NotFound if no system has it, and Conflict if several have.
        """
        hits: list[tuple[System, str]] = []
        misses: list[NotFound] = []
        for system in self.opened:
            try:
                hits.append((system, resolve_id(system.feed, written, whole=whole)))
            except NotFound as error:
                misses.append(error)
        hits = [hit for hit in hits if hit[1] == written] or hits
        if len(hits) > 1:
            named = ", ".join(f"{system.title} ({cell(found)})" for system, found in hits)
            raise Conflict(f"more than one queue has a job whose id is or ends in {written!r}: {named}; {NARROW}")
        if not hits:
            raise NotFound(f"{misses[0]} (looked in {self.titles})") if self.are_many else misses[0]
        return hits[0]

    def owner_of(self, queue: str) -> System:
        """Return the only system with a queue of that name; raises Conflict if none or several have one."""
        if not self.are_many:
            return self.opened[0]
        self.require_all("it")
        watch = Watch(parts=frozenset({Part.QUEUES}))
        having = [one for one in self.opened if queue in describe_stats(one.feed.poll(watch).snapshot)["queues"]]
        if len(having) == 1:
            return having[0]
        which = "more than one system has" if having else "no system has"
        named = ", ".join(one.title for one in having) or self.titles
        raise Conflict(f"{which} a queue called {cell(queue)} ({named}): {NARROW}")

    def prepare_in_one(self, verb: Verb, prepare: Callable[[System], Manifest]) -> tuple[System, Manifest]:
        """Return the manifest of an act on all matching jobs, in the only system that has any.

        Raises Conflict if several systems have some, as a guess might choose the wrong one.
        """
        if not self.are_many:
            return self.opened[0], prepare(self.opened[0])
        self.require_all(verb.value)
        able = [one for one in self.opened if one.operations.why_impossible(verb) is None] or [*self.opened]
        prepared = self.answers_of(prepare, able)
        matching = [(one, manifest) for one, manifest in prepared if manifest.refs or manifest.different]
        if len(matching) > 1:
            named = ", ".join(f"{one.title} ({len(manifest.refs):,})" for one, manifest in matching)
            raise Conflict(
                f"jobs match in more than one queue: {named}; {verb.value} is done in one at a time: {NARROW}"
            )
        return (matching or prepared)[0]


@contextmanager
def opened_systems(*, for_others: bool = False, **given: Any) -> Iterator[Systems]:
    """Open all systems that the running command's flags name, and close them after the block.

    With `for_others`, advised commands do not name the store's address, as programs elsewhere read them.
    Systems that cannot be opened are handled as by `systems_of`.
    """
    flags = flags_of(**given)
    profiles = choose_profiles(flags)
    with systems_of([one.for_others() for one in profiles] if for_others else profiles, flags.asked) as systems:
        yield systems


@contextmanager
def systems_of(profiles: Sequence[Profile], asked: str | None) -> Iterator[Systems]:
    """Open the systems of profiles with the right `asked` for, and close them after the block.

    If some cannot be opened, the others are used, and the program ends with the exit code of the first failure.
    """
    with ExitStack() as stack:
        places, lost = find_places(profiles)
        opened: list[System] = []
        for place in places:
            try:
                opened.append(place.open(asked=asked))
            except QueueTuiError as error:
                lost[place.profile.title] = error
            else:
                stack.callback(opened[-1].feed.close)
        if not opened:
            raise next(iter(lost.values()))
        for title, why in lost.items():
            say(f"not read: {title}: {why}")
        yield Systems(tuple(opened), lost)
    if lost:
        raise Exit(exit_code(next(iter(lost.values()))))
