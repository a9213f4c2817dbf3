"""The explanation of a job's state, in sentences."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.job import Job
from queuetui.model.text import ELLIPSIS, sanitize
from queuetui.model.verdict import Verdict
from queuetui.tui.present.identity import short_id
from queuetui.tui.present.job_rows import error_text, tone_of
from queuetui.tui.present.lines import TextLine, line_of, say, wrap
from queuetui.tui.present.tones import Tone

_SENTENCE_CAP = 2000
# The key that does the same as a command.
_KEYS = {
    f"queuetui {verb.value} ": key
    for verb, key in {Verb.RETRY: "R", Verb.RELEASE: "R", Verb.CANCEL: "C", Verb.DELETE: "D", Verb.RESUME: "P"}.items()
}
_NOTHING_TO_DO = "none needed"
_REFUSED = " (refused here: READ-ONLY)"


def explain_lines(job: Job, verdict: Verdict | None, width: int, most: int, *, may_act: bool = True) -> list[TextLine]:
    """Return at most `most` lines below the table for the job under the cursor."""
    head = sanitize(short_id(job.ref.id))
    code = job.state.value if verdict is None else verdict.code.value
    story = f"{head} {code}: {verdict.summary}." if verdict is not None else f"{head} {code}."
    if job.error is not None:
        story = _with_error(story, job)
    next_step = next_text(verdict, may_act=may_act).replace(job.ref.id, head)
    texts = wrap(sanitize(story, _SENTENCE_CAP), width)
    steps = wrap(sanitize(next_step, _SENTENCE_CAP), width) if next_step else []
    room = max(1, most - len(steps), min(len(texts), most - 1) if steps else most)
    tone = tone_of(job, verdict) if verdict is not None and verdict.stuck else Tone.PLAIN
    lines = [line_of(say(text, tone, _SENTENCE_CAP)) for text in texts[:room]]
    lines += [line_of(say(text, Tone.STRONG, _SENTENCE_CAP)) for text in steps]
    return lines if len(lines) <= most else [*lines[: most - 1], _cut(lines[most - 1], width)]


def _with_error(story: str, job: Job) -> str:
    """Return a sentence with the last error added, unless it names the error or its class already."""
    error = error_text(job)
    if story.endswith(f" with {error}."):
        return story
    head, named, what = story.removesuffix(".").rpartition(" with ")
    said = what.removesuffix(ELLIPSIS)
    class_name = "" if job.error is None else sanitize(job.error.class_name)
    if named and (error.startswith(said) or class_name.startswith(said)):
        return f"{head} with {error}"
    return f"{story} {error}"


def _cut(line: TextLine, width: int) -> TextLine:
    """Return a line with an ellipsis, as more follows."""
    span = line.left[0]
    return line_of(say(f"{span.text[: max(0, width - 2)]} {ELLIPSIS}", span.tone, _SENTENCE_CAP))


def next_text(verdict: Verdict | None, *, may_act: bool = True) -> str:
    """Return the next step of a verdict with its key, or with the note that the rights refuse it."""
    if verdict is None or not verdict.next or verdict.next == _NOTHING_TO_DO:
        return ""
    command, key = next(((one, key) for one, key in _KEYS.items() if one in verdict.next), ("", ""))
    if not command:
        return f"Next: {verdict.next}"
    if not may_act:
        return f"Next: {verdict.next}{_REFUSED}"
    return f"Next: {verdict.next.replace(command, f'{key} here, or {command}', 1)}"
