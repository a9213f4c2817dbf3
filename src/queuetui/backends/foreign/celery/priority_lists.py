"""The lists of a queue: one a step of priorities, which the application chooses."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from queuetui.backends.payloads.kombu_message import read_message
from queuetui.model.errors import BadConfig

if TYPE_CHECKING:
    from queuetui.backends.keys.shelf import Ask

# A list without a number is step 0; the least number is served first.
EVERY_STEP = range(10)
USUAL_SEP = "\x06\x16"
_SETTING = "celery.priority_steps"
_GIVEN_BACK, _MOST_GIVEN_BACK = b'"redelivered": true', 100


def read_steps(settings: Mapping[str, str]) -> tuple[int, ...]:
    """Return the steps that a person names, none where nobody does; raises BadConfig."""
    words = settings.get(_SETTING, "").strip("[]() ").replace(",", " ").split()
    if not all(word.isdecimal() and int(word) in EVERY_STEP for word in words):
        raise BadConfig(
            f"{settings[_SETTING][:40]!r} are no steps; write the numbers from 0 to 9 that priority_steps has, as 0, 3, 6, 9", _SETTING
        )  # fmt: skip
    return tuple(sorted(map(int, words)))


def steps_in_use(lists: Mapping[int, Sequence[bytes]], ask: Ask) -> tuple[int, ...]:
    """Return step 0 and those whose lists are there: what is written to is read too."""
    later = {step: keys for step, keys in lists.items() if step and keys}
    counts = ask([("EXISTS", *keys) for keys in later.values()])
    return (0, *(step for step, count in zip(later, counts, strict=True) if count))


def given_back(keys: Sequence[bytes], ask: Ask) -> frozenset[str]:
    """Return the tasks that workers gave back, as far as their messages stand at an end of a list.

    What is rejected with requeue stands where new messages go, so one that later ones were put before is not found until it is served next.
    The result of the run before may still stand.
    """
    ends = [(key, *end) for key in keys for end in ((-1, -_MOST_GIVEN_BACK, -1), (0, 0, _MOST_GIVEN_BACK - 1))]
    outer = zip(ends, ask([("LINDEX", key, index) for key, index, _, _ in ends]), strict=True)
    held = ask([("LRANGE", key, first, last) for (key, _, first, last), raw in outer if raw and _GIVEN_BACK in raw])
    messages = (read_message(raw) for some in held for raw in some if _GIVEN_BACK in raw)
    return frozenset(message.task_id for message in messages if message)


def step_of(steps: Sequence[int], priority: int) -> int:
    """Return the step of a priority as Kombu does: rounded down, and the last for one below them all."""
    return steps[bisect(steps, min(max(0, priority), EVERY_STEP[-1])) - 1]
