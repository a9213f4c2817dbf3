"""Formats spans, names, counts and commands for verdicts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from queuetui.model.access import Access, Way
from queuetui.model.act import Verb
from queuetui.model.counted import mark_count
from queuetui.model.filter_text import quote_value, write_name
from queuetui.model.job import Job
from queuetui.model.measured import Exactness, Measured
from queuetui.model.names import read_queue
from queuetui.model.text import SafeText, Untrusted, sanitize
from queuetui.model.verdict import LEARNED, Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.facts import Facts

NAME_CAP = 40
ERROR_CAP = 300
# Evidence whose numbers are identifiers or versions, not counts.
_NUMBERED = frozenset({"pid", "fence", "version", "schema", "port"})
# Spans that do not grow with time, unlike ages.
_STILL = ("limit_s", "average_s", "median_s", "usual_s", "p50_s", "p99_s", "window_s")
SHORT_ID = 8
_AGE_STEPS = ((86400.0, 3600), (3600.0, 600), (60.0, 60))
_EXACT_BELOW_S = 10.0
_EXACT_BELOW_PERCENT = 10.0
_STORED_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_STEPS = ((86400.0, "d"), (3600.0, "h"), (60.0, "m"))


def span(seconds: float) -> str:
    """Return a span in its two largest units: `41 m`, `2 h 5 m`, `12 s`."""
    seconds = max(0.0, seconds)
    for index, (size, unit) in enumerate(_STEPS):
        if seconds >= size:
            rest, smaller = int(seconds % size), _STEPS[index + 1] if index + 1 < len(_STEPS) else (1.0, "s")
            tail = f" {int(rest // smaller[0])} {smaller[1]}" if seconds < 10 * size and rest >= smaller[0] else ""
            return f"{int(seconds // size)} {unit}{tail}"
    return f"{int(seconds)} s"


def age(seconds: float) -> str:
    """Return an age or a wait, rounded so coarsely that the shown text does not change at every poll.

    `<10 s`, `40 s`, `12 m`, `2 h 10 m`.
    """
    step_s = next((step_s for least_s, step_s in _AGE_STEPS if seconds >= least_s), 10)
    return span(seconds // step_s * step_s) if seconds >= step_s else f"<{step_s} s"


def limit(seconds: float) -> str:
    """Return a span such as a configured limit: a short one with its fractions, as `0.25 s`."""
    return span(seconds) if seconds >= _EXACT_BELOW_S else f"{seconds:.3g} s"


def number(count: Measured[int]) -> str:
    """Return a count as it is shown elsewhere: `12,403`, `10,000+`, and `~180k` where it is estimated."""
    is_marked = count.exactness in {Exactness.ESTIMATED, Exactness.CAPPED}
    return mark_count(count) if is_marked else f"{count.value or 0:,}"


def share(ratio: float) -> str:
    """Return a ratio in percent, a small one with its fractions: `67%`, `0.3%`."""
    percent = ratio * 100
    return f"{percent:.0f}%" if percent >= _EXACT_BELOW_PERCENT else f"{percent:.3g}%"


def waits(job: Job, wait_s: float) -> str:
    """Return for how long a job has been due or, if its store keeps no due time, has existed."""
    if job.scheduled_at is None:
        return "pending" if job.created_at is None else f"pending for {age(wait_s)}"
    return f"due {age(wait_s)}"


def all_slots(slots: int) -> tuple[str, str]:
    """Return a phrase for all slots as the subject of a sentence, and the verb that agrees with it."""
    return ("the only slot", "is") if slots == 1 else (f"all {slots:,} slots", "are")


def name(text: Untrusted | None) -> SafeText:
    """Return a name, made safe to show and short enough for a sentence."""
    return sanitize(text if text is not None else "unknown", NAME_CAP)


def tell_error(job: Job) -> dict[str, object]:
    """Return the class and message of a job's last error as evidence; empty if none is kept."""
    if job.error is None:
        return {}
    parts = [part.raw for part in (job.error.class_name, job.error.message) if part.raw.strip()]
    return {"error": sanitize(": ".join(parts), ERROR_CAP)} if parts else {}


def worker_name(worker: WorkerInfo) -> str:
    """Return a worker's host and process id, or its id if the store does not tell its host."""
    if not worker.host.raw:
        return name(worker.id)
    return name(worker.host) if worker.pid is None else f"{name(worker.host)} pid {worker.pid}"


def command(*words: Untrusted | str, way: Way, names: Sequence[Untrusted] = ()) -> str:
    """Return a queuetui command, quoted for a shell.

    `names` stand last and are never taken for options. `way` holds the options that lead to the store.
    """
    said = [*(_written(word) for word in words), *way.options]
    if names:
        plain = [_written(name) for name in names]
        said += ["--", *plain] if any(name.startswith("-") for name in plain) else plain
    return shlex.join(["queuetui", *said]) + (f" ({way.remark})" if way.remark else "")


def list_jobs(queue: Untrusted, terms: str, facts: Facts) -> str:
    """Return the command that lists the jobs of one queue that match the terms of a filter.

    If the store has a single queue, the command does not name it, because a table without a queue column refuses the term.
    """
    is_only = not facts.capabilities.native and len(facts.queues) == 1
    return command("jobs", terms if is_only else f"queue:{quote_value(queue.raw)} {terms}", way=facts.access.reading)


def act_on(verb: Verb, job: Job, facts: Facts, *options: str) -> str:
    """Return the command that applies `verb` to one job."""
    return command(verb.value, "--id", Untrusted(job.ref.id), *options, way=facts.access.way_to(verb))


def resume(queue: Untrusted, facts: Facts) -> str:
    """Return the command that resumes a queue."""
    return command("resume", names=[queue], way=facts.access.way_to(Verb.RESUME))


def step_with(first: str, link: str, verb: Verb, job: Job, facts: Facts, *options: str) -> str:
    """Return a step, followed by the command that applies `verb` to a job if its system can."""
    if not facts.capabilities.fits(verb, job.state):
        return first
    return f"{first}, {link}: {act_on(verb, job, facts, *options)}"


def worker_for(queue: Untrusted, access: Access, *options: Untrusted | str) -> str:
    """Return the step that starts a worker of ours for a queue.

    If no command line can contain the queue's name, the worker takes jobs of all queues.
    """
    try:
        read_queue(queue.raw)
    except ValueError:
        return worker_of_app(access, *options)
    written = quote_value(queue.raw) if '"' in queue.raw else queue
    return worker_of_app(access, "-q", written, *options)


def worker_of_app(access: Access, *options: Untrusted | str) -> str:
    """Return the step that starts a worker of ours with the application's module.

    Without the module that declares the handlers, it would give back all jobs except shell commands.
    """
    if "--allow-command" in options:
        return f"start a worker: {command('worker', *options, way=access.working)}"
    started = command("worker", "--app", "MODULE", *options, way=access.working)
    return f"start a worker with the module that declares its jobs: {started}"


def start_worker(queue: Untrusted, facts: Facts, *options: Untrusted | str) -> str:
    """Return the step that starts a worker for a queue: a command for our own queue, words for any other."""
    capabilities = facts.capabilities
    if capabilities.native:
        return worker_for(queue, facts.access, *options)
    if capabilities.worker_command:
        words = [word.replace("{queue}", write_name(queue.raw)) for word in capabilities.worker_command]
        return f"start a worker: {shlex.join(words)}"
    return f"start a worker of {capabilities.label} for {name(queue)}"


def evidence_in_words(verdict: Verdict) -> list[tuple[str, str]]:
    """Return the evidence of a verdict as labels and values for people, without the basis of its limit."""
    return [(_label(key), _value(key, value)) for key, value in verdict.evidence.items() if key != LEARNED]


def _label(key: str) -> str:
    return key.removesuffix("_s").replace("_", " ")


def _value(key: str, value: object) -> str:
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case int() | float() if key.endswith(_STILL):
            return limit(value)
        case int() | float() if key.endswith("_s"):
            return age(value)
        case int() if key not in _NUMBERED:
            return f"{value:,}"
        case str() if _STORED_TIME.fullmatch(value):
            return f"{value[:10]} {value[11:19]} UTC"
        case list() | tuple():
            return ", ".join(str(one) for one in value) or "none"
        case _:
            return str(value)


def _written(text: Untrusted | str) -> str:
    return write_name(text.raw) if isinstance(text, Untrusted) else text
