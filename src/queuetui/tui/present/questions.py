"""The questions of dialogs before an act, and the reports after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from queuetui.model.act import KEEP, NO_DEADLINE, RETRY_UNTIL, Verb
from queuetui.model.counted import counted
from queuetui.model.job import Job
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.text import Untrusted, sanitize
from queuetui.operate.manifest import HOW_TO_RETRY
from queuetui.tui.present.identity import short_id, short_type
from queuetui.tui.present.lines import BLANK, TextLine, line_of, say
from queuetui.tui.present.numbers import count_text
from queuetui.tui.present.tones import Tone

if TYPE_CHECKING:
    from queuetui.config.profile import Profile
    from queuetui.operate.manifest import Manifest
    from queuetui.operate.report import Report

MOST_NAMED = 6
_SENTENCE_CAP = 1000
_HOUR_S = 3600
_DAY_S = 86400
_TARGETS = {
    Verb.RETRY: "pending, to run again",
    Verb.RELEASE: "pending, freed where its worker is lost",
    Verb.CANCEL: "cancelled; what runs ends when its handler looks",
    Verb.DELETE: "deleted for good",
}

_DONE = {Verb.RETRY: "retried", Verb.RELEASE: "freed", Verb.CANCEL: "cancelled", Verb.DELETE: "deleted"}


class Option(NamedTuple):
    """One option of an act: its value for the preparation, and its effect in words."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question before an act.

    `word`, the name of what `word_names`, must be typed before `confirm` is offered; without `confirm` there is nothing to do.
    `options` are the ways to do it, of which one is `chosen`, by its place.
    """

    title: str
    lines: tuple[TextLine, ...]
    confirm: str = ""
    word: str = ""
    word_names: str = "profile"
    options: tuple[Option, ...] = ()
    chosen: int = 0


def ask_act(manifest: Manifest, profile: Profile) -> Question:
    """Return the question of an act on jobs: how many, where, which are left out, and warnings."""
    count = len(manifest.refs)
    verb = "purge" if manifest.purge else manifest.verb.value
    chosen_of = f"{count:,} of {counted(len(manifest.jobs), 'job')}" if manifest.different else counted(count, "job")
    title = f"{verb.capitalize()} {chosen_of} in {place_text(profile, manifest.queues)}?"
    options = deadline_options(manifest)
    values = [option.value for option in options]
    chosen = values.index(manifest.args.get(RETRY_UNTIL, "")) if options else 0
    lines = [
        *_step_lines(manifest),
        *_left_out_lines(manifest),
        *_warning_lines(manifest),
        *_option_lines(manifest, options, chosen),
        BLANK,
        *_name_lines(manifest),
    ]
    if not count:
        title = f"Nothing to {verb} in {place_text(profile, manifest.queues)}"
        return Question(title, (*lines, *_fitting_lines(manifest)), options=options, chosen=chosen)
    confirm = f"{verb.capitalize()} {count:,}"
    word, named = _word(manifest, profile)
    return Question(title, tuple(lines), confirm, word, named, options, chosen)


def deadline_options(manifest: Manifest) -> tuple[Option, ...]:
    """Return the options for expired deadlines; empty where none has expired."""
    if not manifest.expired:
        return ()
    several = len(manifest.jobs) > 1
    as_it_is = "as it is: a worker that takes it fails it at once"
    options = [
        Option("", "leave these jobs out" if several else as_it_is),
        Option(str(_HOUR_S), "run, with the deadline put off to 1 hour from now"),
        Option(str(_DAY_S), "run, with the deadline put off to 1 day from now"),
        Option(NO_DEADLINE, "run, without a deadline"),
    ]
    return (*options, Option(KEEP, as_it_is)) if several else tuple(options)


def _option_lines(manifest: Manifest, options: Sequence[Option], chosen: int) -> list[TextLine]:
    if not options:
        return []
    title = f"The deadline (retryUntil) of {counted(manifest.expired, 'job')} is past. Up and down choose:"
    return [
        line_of(say(title, cap=_SENTENCE_CAP)),
        *(
            line_of(
                say(f"{'>' if place == chosen else ' '} {option.text}", Tone.STRONG if place == chosen else Tone.MUTED)
            )
            for place, option in enumerate(options)
        ),
    ]


def describe_search(looked: int, found: int) -> str:
    """Return the progress of the search for all matching jobs."""
    return f"Looking ... {f'{looked:,} jobs looked through, ' if looked else ''}{found:,} found"


def ask_pause(queue: QueueInfo, profile: Profile) -> Question:
    """Return the question of pausing a queue, or of resuming one that is paused."""
    name = sanitize(queue.name, 60)
    waiting = queue.counts.get(State.PENDING)
    number = "its" if waiting is None else count_text(waiting)
    if not queue.is_paused:
        story = f"{number} pending jobs will wait until somebody resumes it; running jobs go on."
        return Question(f"Pause queue {name} in {profile.title}?", (line_of(say(story)),), "Pause")
    by = "" if queue.paused_by is None else f" by {sanitize(queue.paused_by, 60)}"
    since = "" if queue.paused_at is None else f" at {queue.paused_at:%Y-%m-%d %H:%M:%S} UTC"
    story = f"Paused{by}{since}; {number} pending jobs will be taken again."
    return Question(f"Resume queue {name} in {profile.title}?", (line_of(say(story)),), "Resume")


def report_title(report: Report) -> str:
    """Return the outcome of an act in a word or two."""
    if report.complete:
        return "Done"
    if report.done:
        return "Done in part"
    return "Not known whether it was done" if report.unknown else "Not done"


def report_lines(report: Report) -> tuple[TextLine, ...]:
    """Return the report of an act as lines."""
    first, *rest = report.lines()
    tone = Tone.GOOD if report.complete else Tone.WARNING
    return (line_of(say(first, tone)), *(line_of(say(text, cap=_SENTENCE_CAP)) for text in rest))


def place_text(profile: Profile, queues: Sequence[str]) -> str:
    """Return the profile and, where there are not too many, the queues."""
    title = sanitize(profile.title)
    if not queues:
        return title
    if len(queues) > 2:  # noqa: PLR2004 - two names still read as one place
        return f"{title}, {len(queues):,} queues"
    return f"{title} / {' and '.join(sanitize(Untrusted(queue), 60) for queue in queues)}"


def _step_lines(manifest: Manifest) -> list[TextLine]:
    states = {job.ref: job.state for job in manifest.jobs}
    lines: list[TextLine] = []
    for verb, refs in manifest.steps:
        found = Counter(states[ref] for ref in refs)
        lines += [
            line_of(say(f"{number:,} "), say(state.value, Tone(state.value)), say(f" -> {_target(manifest, verb)}"))
            for state, number in found.most_common()
        ]
    if manifest.filter_text:
        lines.append(
            line_of(say("all that matched just now: ", Tone.MUTED), say(manifest.filter_text, cap=_SENTENCE_CAP))
        )
    if manifest.looked is not None:
        text = f"Only the {manifest.looked:,} newest jobs were looked through; more may match."
        lines.append(line_of(say(text, Tone.WARNING)))
    if manifest.more:
        lines.append(line_of(say("More match than one act takes; ask again for the rest.", Tone.WARNING)))
    return lines


def _target(manifest: Manifest, verb: Verb) -> str:
    return "removed from the queue" if manifest.removes else _TARGETS[verb]


def _left_out_lines(manifest: Manifest) -> list[TextLine]:
    reasons = Counter(_told_here(reason) for _, reason in manifest.different)
    lines = [f"{number:,} left out ({reason})" for reason, number in reasons.most_common()]
    return [line_of(say(text, Tone.MUTED)) for text in (*lines, *filter(None, [manifest.spares]))]


def _fitting_lines(manifest: Manifest) -> list[TextLine]:
    """Return the states that the act applies to, where a chosen job was in another one."""
    if all(job.state in manifest.fits for job, _ in manifest.different):
        return []
    fitting = [state.value for state in State if state in manifest.fits]
    told = " and ".join(filter(None, (", ".join(fitting[:-1]), *fitting[-1:]))) or "no"
    return [line_of(say(f"Only {told} jobs can be {_DONE[manifest.verb]} here.", cap=_SENTENCE_CAP))]


def _warning_lines(manifest: Manifest) -> list[TextLine]:
    lines = [
        line_of(say(f"Beware: {_told_here(warning)}", Tone.WARNING, _SENTENCE_CAP)) for warning in manifest.warnings
    ]
    if manifest.purge and manifest.refs:
        lines.append(line_of(say("They are written to a file first; the report says where.", Tone.MUTED)))
    return lines


def _told_here(reason: str) -> str:
    """Return a reason without its command-line option, for which the dialog has an option of its own."""
    return reason.removesuffix(f"; {HOW_TO_RETRY}")


def _name_lines(manifest: Manifest) -> list[TextLine]:
    going = set(manifest.refs)
    named = [job for job in manifest.jobs if job.ref in going]
    lines = [_name_line(job) for job in named[:MOST_NAMED]]
    if len(named) > MOST_NAMED:
        lines.append(line_of(say(f"... and {len(named) - MOST_NAMED:,} more", Tone.MUTED)))
    return lines


def _name_line(job: Job) -> TextLine:
    data = "" if job.data is None else f"  {sanitize(job.data, 40)}"
    return line_of(
        say(f"{sanitize(short_id(job.ref.id))}  ", Tone.MUTED),
        say(f"{sanitize(short_type(job), 40)}  "),
        say(job.state.value, Tone(job.state.value)),
        say(data, Tone.MUTED),
    )


def _word(manifest: Manifest, profile: Profile) -> tuple[str, str]:
    """Return the word that must be typed, and what it is the name of.

    A purge requires the queue's name, a bulk act on a protected profile the profile's.
    """
    if manifest.purge and len(manifest.queues) == 1 and sanitize(Untrusted(manifest.queues[0])) == manifest.queues[0]:
        return manifest.queues[0], "queue"
    return (profile.name if manifest.purge or (profile.protected and len(manifest.refs) > 1) else ""), "profile"
