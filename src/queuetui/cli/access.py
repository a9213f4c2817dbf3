"""How advised commands reach the store of a profile with the right that they need."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from queuetui.backends.registry import is_read_only
from queuetui.model.access import Access, Way
from queuetui.model.act import Verb
from queuetui.operate.rights import Right, decide_right, right_for

if TYPE_CHECKING:
    from queuetui.config.profile import Profile

_UNWRITABLE = "its URL is one for reading: take mode=ro out"


def access_to(profile: Profile, *, is_native: bool) -> Access:
    """Return how commands reach a profile's store.

    Acts that its rights refuse are advised with another profile of the same store that allows them.
    """
    own = profile.naming
    if is_read_only(profile.url):
        refused = Way(own, _UNWRITABLE)
        return Access(Way(own), refused, dict.fromkeys(Verb, refused))
    granted = decide_right(
        profile.rights, asked=None, is_unnamed=profile.is_unnamed, is_native=is_native, is_read_only=False
    )

    def way_to(needed: Right) -> Way:
        if granted.covers(needed):
            return Way(own)
        return Way((*own, f"--{needed}")) if profile.rights is None else _way_beside(profile, needed)

    ways = {needed: way_to(needed) for needed in Right}
    working = Way(own) if profile.rights != Right.READ else ways[Right.OPERATE]
    return Access(Way(own), working, {verb: ways[right_for(verb)] for verb in Verb})


def helps_with(profile: Profile) -> dict[Right, str]:
    """Return how to get each right in a profile's store that no command-line option grants."""
    if is_read_only(profile.url):
        return dict.fromkeys((Right.OPERATE, Right.ADMIN), _UNWRITABLE)
    if profile.rights is None:
        return {}
    written = f'its settings say rights = "{profile.rights}", whatever is asked for'
    refused = [needed for needed in (Right.OPERATE, Right.ADMIN) if not Right(profile.rights).covers(needed)]
    return {needed: f"{written}: use {_in_words(_way_beside(profile, needed))}" for needed in refused}


def _way_beside(profile: Profile, needed: Right) -> Way:
    """Return the way through another profile of the same store that has the needed right.

    If there is none, it names a profile that has to be written.
    """
    for name, written in profile.beside.items():
        if written is None:
            return Way(("--profile", name, *profile.narrowing, f"--{needed}"))
        if Right(written).covers(needed):
            return Way(("--profile", name, *profile.narrowing))
    told = f'NAME is a profile of this store with rights = "{needed}"; {profile.name} has "{profile.rights}"'
    return Way(("--profile", "NAME", *profile.narrowing), told)


def _in_words(way: Way) -> str:
    return shlex.join(way.options) + (f" ({way.remark})" if way.remark else "")
