"""The queue systems of a profile's store, before and after they are opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from queuetui.cli.output import say
from queuetui.cli.session import actor, backend_options, reaching
from queuetui.config.paths import state_folder
from queuetui.model.errors import QueueTuiError

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.found import Found
    from queuetui.config.profile import Profile
    from queuetui.monitor.feed import Feed
    from queuetui.monitor.run_lengths import RunLengths
    from queuetui.operate.operations import Operations
    from queuetui.operate.rights import Right


@dataclass(frozen=True, slots=True)
class StorePlace:
    """One queue system of a profile that is not open yet.

    `name` stands in answers, as prod or prod/pg-boss; the profile's title is the same for people.
    """

    name: str
    profile: Profile
    found: Found

    def look_again(self) -> StorePlace:
        """Return this place after looking at the store again, as its tables may have changed."""
        from queuetui.backends.discover import find_systems

        with reaching(self.profile):
            found, *_ = find_systems(self.profile.url, replace(backend_options(self.profile), kind=self.found.kind))
        return replace(self, found=found)

    def open(self, *, asked: str | None, state: Path | None = None) -> System:
        """Open the system for reading and acting.

        The right is the one `asked` for, limited by the profile; acts are recorded in the folder `state`.
        """
        from queuetui.backends.registry import is_read_only
        from queuetui.cli.access import access_to, helps_with
        from queuetui.monitor.feed import Feed
        from queuetui.operate.authority import Authority
        from queuetui.operate.journal import Journal
        from queuetui.operate.operations import Operations
        from queuetui.operate.rights import Right, decide_right, lesser

        profile = self.profile
        if self.found.refusal:
            self.found.refuse()
        with reaching(profile):
            backend = self.found.open(replace(backend_options(profile), name=self.name, kind=self.found.kind))
        capabilities = backend.inspector.capabilities
        right = decide_right(
            profile.rights,
            asked=None if asked is None else Right(asked),
            is_unnamed=profile.is_unnamed,
            is_native=capabilities.native,
            is_read_only=is_read_only(profile.url),
        )
        folder = state or state_folder()
        acts, purged = (None, None) if folder is None else (folder / "acts.jsonl", folder / "purged")
        journal = Journal(acts, f"{profile.title} ({capabilities.label})")

        def act_as(who: str, granted: Right) -> Operations:
            authority = Authority(lesser(granted, right), who, journal, purged, helps)
            return Operations(backend, authority, profile.limits)

        def open_lengths() -> RunLengths:
            from queuetui.monitor.run_lengths import RunLengths

            identity = backend.inspector.identity()
            return RunLengths(folder, identity.kept_under(f"{profile.address} {self.found.kind}"))

        access, helps = access_to(profile, is_native=capabilities.native), helps_with(profile)
        feed = Feed(backend, profile.limits, open_lengths, access)
        return System(self.name, profile, feed, act_as(actor(), right), right, act_as)

    def open_for_checkup(self) -> Backend:
        """Open the system for `doctor`, which accepts any schema version of our own queue."""
        from queuetui.backends.registry import NATIVE, NATIVE_SCHEMES, WITH_SCHEMA, open_schema, scheme_of

        options = replace(backend_options(self.profile), name=self.name, kind=self.found.kind)
        if self.found.kind == NATIVE and NATIVE_SCHEMES[scheme_of(self.profile.url)] in WITH_SCHEMA:
            return open_schema(self.profile.url, options)
        return self.found.open(options)


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """One open queue system: its name, its feed, and the operations that change it.

    `act_as` returns operations in another actor's name, with at most the profile's `right`.
    """

    name: str
    profile: Profile
    feed: Feed
    operations: Operations
    right: Right
    act_as: Callable[[str, Right], Operations]

    @property
    def title(self) -> str:
        """The system's name as people read it."""
        return self.profile.title


def find_places(profiles: Sequence[Profile]) -> tuple[list[StorePlace], dict[str, QueueTuiError]]:
    """Return the systems of profiles, and the errors of profiles that cannot be read, by title."""
    places: list[StorePlace] = []
    lost: dict[str, QueueTuiError] = {}
    for profile in profiles:
        try:
            found = look_for(profile)
        except QueueTuiError as error:
            lost[profile.title] = error
            continue
        for place in name_places(profile, found):
            # No failure: the user's grants may be for the others on purpose.
            if place.found.refusal:
                say(f"{place.profile.title} is left out: {place.found.refusal}")
            else:
                places.append(place)
    return places, lost


def find_in(profile: Profile) -> list[StorePlace]:
    """Return the systems of a profile that may be read, our own first."""
    return [place for place in name_places(profile, look_for(profile)) if not place.found.refusal]


def look_for(profile: Profile) -> tuple[Found, ...]:
    """Return what a profile means, also what its user may not read."""
    from queuetui.backends.discover import find_systems

    with reaching(profile):
        return find_systems(profile.url, backend_options(profile))


def name_places(profile: Profile, found: Sequence[Found]) -> list[StorePlace]:
    """Return a place for each system, the kind in its name where there are several."""
    if len(found) == 1:
        return [StorePlace(profile.name, profile, found[0])]
    titled = [
        replace(
            profile,
            kind=one.kind,
            label=f"{profile.title}/{one.kind}",
            narrowed_by={**profile.narrowed_by, "--kind": one.kind},
        )
        for one in found
    ]
    return [StorePlace(f"{profile.name}/{one.kind}", each, one) for one, each in zip(found, titled, strict=True)]
