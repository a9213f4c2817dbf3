"""From the connection flags to profiles: which profiles, with which right, for which actor."""

from __future__ import annotations

import getpass
import math
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from queuetui.backends.embedded import default_url
from queuetui.cli.progress import Progress
from queuetui.config.paths import config_file
from queuetui.config.profile import Profile
from queuetui.model.errors import BadConfig, Conflict, Denied, NotFound, Unreachable, Unsupported
from queuetui.model.filter_text import WrittenValue
from queuetui.model.urls import place_name
from queuetui.model.zone import DEFAULT_ZONE, use_zone

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.model.page import IdSearch
    from queuetui.monitor.feed import Feed

SHORTEST_ID = 6
# Each step of the search takes less than a second: for a longer search a person must ask.
LOOKS_FOR_ID = 5
FIRST_STEPS = (
    "; to make one by its first job: queuetui enqueue TYPE; to name another: --url URL; "
    "to see the console at work: queuetui demo; to find the queues in a database: queuetui discover URL"
)


@dataclass(frozen=True, slots=True)
class Flags:
    """The connection flags of a command line, given before or after the command.

    `asked` is the right that was requested.
    """

    url: str | None = None
    profile: tuple[str, ...] = ()
    kind: str | None = None
    asked: str | None = None
    mapping: str | None = None

    def merged_with(self, later: Flags) -> Flags:
        """Return these flags, overridden by those given later on the line."""
        return Flags(
            later.url or (None if later.profile else self.url),
            later.profile or (() if later.url else self.profile),
            later.kind or self.kind,
            later.asked or self.asked,
            later.mapping or self.mapping,
        )


def flags_of(**given: Any) -> Flags:
    """Return the flags of the program, overridden by those of the running command."""
    outer = click.get_current_context().find_root().obj
    return (outer if isinstance(outer, Flags) else Flags()).merged_with(Flags(**given))


def leave_to_subcommand(**given: Any) -> bool:
    """Tell whether a group was called with a subcommand; if so, pass its flags to the subcommand."""
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        return False
    context.find_root().obj = flags_of(**given)
    return True


def choose_profiles(flags: Flags) -> tuple[Profile, ...]:
    """Return the profiles that the flags name.

    Times without a zone are in that of the profiles from here on, in UTC where these differ.
    They are --url, each --profile, QUEUETUI_URL, the settings' default, else the embedded file. Raises BadConfig, NotFound.
    """
    if flags.url and flags.profile:
        raise BadConfig("--url and --profile exclude each other; give one", "--url")
    url = flags.url or (None if flags.profile else os.environ.get("QUEUETUI_URL"))
    if url:
        chosen = [Profile(name="url", url=url, label=place_name(url), chosen_by_url=True)]
        if flags.url:
            chosen = [replace(one, named_by=("--url", one.address_word)) for one in chosen]
    else:
        from queuetui.config.loader import find_profiles

        found = find_profiles(config_file(), tuple(dict.fromkeys(flags.profile)) or (None,))
        chosen = [one or Profile(name="embedded", url=default_url(), embedded=True) for one in found]
        if flags.profile:
            chosen = [replace(one, named_by=("--profile", one.name)) for one in chosen]
    zones = {one.timezone for one in chosen}
    use_zone(zones.pop() if len(zones) == 1 else DEFAULT_ZONE)
    return tuple(_under(flags, one) for one in chosen)


def choose_profile(flags: Flags) -> Profile:
    """Return the one profile that a command works with; raises BadConfig where several are named."""
    if len(set(flags.profile)) > 1:
        raise BadConfig(f"this works with one profile at a time, not with {', '.join(flags.profile)}", "--profile")
    return choose_profiles(flags)[0]


def _under(flags: Flags, profile: Profile) -> Profile:
    settings = {**profile.settings, "mapping": flags.mapping} if flags.mapping else profile.settings
    narrowed_by = {"--mapping": flags.mapping, "--kind": flags.kind}
    return replace(
        profile,
        kind=flags.kind or profile.kind,
        settings=settings,
        narrowed_by={option: value for option, value in narrowed_by.items() if value},
    )


def backend_options(profile: Profile, *, create: bool = False) -> BackendOptions:
    """Return the options with which a profile's backend is opened."""
    from queuetui.backends.base import BackendOptions

    return BackendOptions(
        name=profile.name,
        kind=profile.kind,
        create=create,
        limits=profile.limits,
        summaries=profile.summaries,
        settings=profile.settings,
    )


@contextmanager
def reaching(profile: Profile) -> Iterator[None]:
    """Name the store in errors of opening it.

    A store that refuses the login counts as unreachable.
    """
    try:
        yield
    except (Denied, Unreachable) as error:
        raise Unreachable(f"{profile.shown_url}: {error}") from error
    except NotFound as error:
        if not profile.embedded:
            raise NotFound(f"{profile.shown_url}: {error}") from error
        raise NotFound(
            f"no store is named, and {profile.shown_url}, which is used then, holds no queue{FIRST_STEPS}"
        ) from error


def require_own_queue(profile: Profile, what: str) -> None:
    """Raise Unsupported for a queue of another product, naming what works on our own queue only."""
    if profile.kind not in {None, "native"}:
        raise Unsupported(f"{what}, and {profile.name} is of kind {profile.kind}")
    if "--mapping" in profile.narrowed_by:
        raise Unsupported(f"{what}, and --mapping names the table of another program; leave it out")


def describe_new_queue(profile: Profile) -> str | None:
    """Return a sentence about creating our own queue in the store that a person named.

    Return None if nothing would be created.
    """
    from queuetui.backends.discover import discover
    from queuetui.backends.registry import open_native

    if profile.embedded:
        return None
    try:
        open_native(profile.url, backend_options(profile)).close()
    except NotFound:
        pass
    else:
        return None
    try:
        others = [found.kind for found in discover(profile.url, backend_options(profile))]
    except NotFound:
        others = []
    beside = f", beside {', '.join(others)}" if others else ""
    return f"made a queue of queuetui's own in {profile.shown_url}{beside}"


def resolve_id(feed: Feed, written: str, *, whole: bool = False) -> str:
    """Return the full id for a full id or the end of one; searches every job if `whole`.

    Raises NotFound, Conflict.
    """
    written = WrittenValue(written, 0).literal
    # An id that ends in a number may be given by that number: 7 for job-7.
    if len(written) < SHORTEST_ID and not written.rpartition("-")[2].isdecimal():
        if feed.has(written):
            return written
        raise NotFound(f"{written!r} is too short for an id; write at least its last {SHORTEST_ID} characters")
    search = feed.find(written, looks=math.inf if whole else LOOKS_FOR_ID, tell=Progress(_describe_search))
    found = [ref.id for ref in search.refs]
    if not found and search.reached is not None:
        raise NotFound(
            f"no job's id is or ends in {written!r} among {_describe_search(search)}; to look through every one write --all"
        )
    if not found:
        raise NotFound(f"no job's id is or ends in {written!r}; see: queuetui jobs")
    if len(found) > 1 and written not in found:
        raise Conflict(f"more than one job's id is or ends in {written!r}: {', '.join(found)}; name one of them")
    return written if written in found else found[0]


def _describe_search(search: IdSearch) -> str:
    how_far = f" ({search.note})" if search.note else ""
    return f"the {search.looked:,} newest that were looked through{how_far}"


def working_folder() -> Path:
    """Return the folder that the program was started in; raises UsageError where that is gone."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise click.UsageError(
            "the folder that this was started in is gone; go to one that is there, then run it again"
        ) from None


def actor() -> str:
    """Return the actor for the record of acts: the login and the host."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        login = str(os.getuid())
    return f"{login}@{socket.gethostname()}"
