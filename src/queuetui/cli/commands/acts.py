"""`queuetui retry`, `cancel`, `delete`, `release`, `purge` and `cleanup`: the acts on jobs."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import rich_click as click
from click.exceptions import Exit

from queuetui.cli import exit_codes
from queuetui.cli.options import (
    FilterCommand,
    NumberRange,
    connection_options,
    format_options,
    positive_duration,
    read_filter,
    take_connection,
    whole_option,
)
from queuetui.cli.output import Format, cell, say, show_document
from queuetui.cli.progress import Progress
from queuetui.cli.store_places import System
from queuetui.cli.systems import NARROW, Systems, opened_systems
from queuetui.model.act import KEEP, NO_DEADLINE, Verb
from queuetui.model.counted import counted
from queuetui.model.errors import Conflict, Denied, NotFound
from queuetui.model.job import Job
from queuetui.model.query import WORD, Query
from queuetui.model.state import FINAL
from queuetui.operate.manifest import DEADLINE_VERBS, Manifest, describe_manifest
from queuetui.operate.operations import Thoroughness
from queuetui.operate.report import Report, describe_report

DAY_S = 86400.0
MOST_DAYS = 365_250
SHOWN = 5


def _confirm(system: System, manifest: Manifest, given: dict[str, Any]) -> None:
    profile = system.profile
    say(_describe(system, manifest))
    for warning in manifest.warnings:
        say(f"beware: {warning}")
    if not manifest.refs:
        return
    if profile.protected and len(manifest.refs) > 1:
        _take_name(profile.name, given["confirm"])
    elif not given["yes"]:
        _require_terminal("--yes")
        if not click.confirm("Do it?", err=True):
            _leave()


def _take_name(name: str, written: str | None) -> None:
    """Require the name of a protected profile, as an option or typed, before a bulk act."""
    if written is None:
        _require_terminal(f"--confirm {name}")
        written = click.prompt(
            f"This profile is protected. To go on, type {name}", default="", show_default=False, err=True
        )
    if written != name:
        say(f"that is not {name!r}")
        _leave()


def _require_terminal(instead: str) -> None:
    if not sys.stdin.isatty():
        message = f"nothing was done: this is not a terminal, so say {instead} (or look first with --dry-run)"
        raise click.UsageError(message)


def _leave() -> NoReturn:
    say("nothing was done")
    raise Exit(exit_codes.REFUSED)


def _describe(system: System, manifest: Manifest) -> str:
    verb = "purge" if manifest.purge else manifest.verb.value
    going = set(manifest.refs)
    named = [job for job in manifest.jobs if job.ref in going]
    if not named:
        lines = [f"nothing to {verb} in {system.title}"]
    else:
        queues = ", ".join(cell(queue) for queue in manifest.queues[:SHOWN])
        if len(manifest.queues) > SHOWN:
            queues += f" and {len(manifest.queues) - SHOWN} more"
        lines = [
            f"{verb} {counted(len(named), 'job')} in {queues} of {system.title} ({system.feed.capabilities.label}): "
            + ", ".join(f"{count:,} {state.value}" for state, count in manifest.states.items())
        ]
    if manifest.missing:
        lines.append(f"not found: {', '.join(map(cell, manifest.missing))}")
    reasons = Counter(reason for _, reason in manifest.different)
    lines += [f"{counted(number, 'job')} left out: {reason}" for reason, number in reasons.most_common()]
    lines += [manifest.spares] if manifest.spares else []
    lines += [
        f"  {cell(job.ref.id)}  {cell(job.name or job.type)}  {job.state.value}{_data(job)}" for job in named[:SHOWN]
    ]
    if len(named) > SHOWN:
        lines.append(f"  and {len(named) - SHOWN:,} more")
    if manifest.looked is not None:
        lines.append(
            f"only the {manifest.looked:,} newest jobs were looked through, more may match: to look through every one write --all"
        )
    if manifest.more:
        lines.append("more jobs match than one act takes: run it again for the rest")
    return "\n".join(lines)


def _data(job: Job) -> str:
    return "" if job.data is None else f"  {cell(job.data)}"


def _finish(system: System, report: Report, form: str) -> None:
    if form == Format.TABLE:
        first, *more = report.lines()
        say(f"{system.title}: {first}")
        for line in more:
            say(line)
    else:
        show_document(describe_report(report, system.name), Format(form))
    if report.is_interrupted:
        raise Exit(exit_codes.INTERRUPTED)
    if report.missing and not report.results and not report.different:
        raise Exit(exit_codes.NOT_FOUND)
    if not report.complete:
        raise Exit(exit_codes.REFUSED)


def _carry_out(system: System, manifest: Manifest, given: dict[str, Any]) -> None:
    reason = system.operations.why_impossible(manifest.verb)
    if reason is not None and not manifest.steps:
        raise Denied(f"{manifest.verb.value} cannot be done here: {reason}")
    if given["dry_run"]:
        _rehearse(system, manifest, given["form"])
        return
    if system.operations.why_not(manifest.verb) is None:
        _confirm(system, manifest, given)
    _finish(system, system.operations.perform(manifest, given["reason"]), given["form"])


def _rehearse(system: System, manifest: Manifest, form: str) -> None:
    say("dry run, nothing is changed: " + _describe(system, manifest))
    refused = system.operations.why_not(manifest.verb)
    for warning in (*manifest.warnings, *([f"it would be refused: {refused}"] if refused else ())):
        say(f"beware: {warning}")
    if form != Format.TABLE:
        show_document(describe_manifest(manifest, system.name), Format(form))


def _act_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        connection_options,
        format_options,
        whole_option,
        click.option("--reason", default="", help="Kept in the record."),
        click.option("--yes", "-y", is_flag=True, help="Do not ask."),
        click.option(
            "--confirm", metavar="NAME", help="A protected profile's name, which it wants for more than one job."
        ),
        click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing."),
    ):
        command = option(command)
    return command


def _deadline(text: str) -> str:
    """Return the choice for an expired deadline, as an option's type."""
    return text if text in {"", KEEP, NO_DEADLINE} else str(int(positive_duration(text)))


_deadline_option = click.option(
    "--retry-until",
    type=_deadline,
    default="",
    metavar="DUR|none|keep",
    help="A Laravel job past its retryUntil fails at once: let it run until so long from now, or without a deadline.",
)


def _jobs_act(verb: Verb, help_text: str) -> click.Command:
    @click.command(verb.value, cls=FilterCommand, help=help_text)
    @click.argument("words", nargs=-1, metavar="[FILTER]")
    @click.option(
        "--id", "ids", multiple=True, metavar="ID", help="One job, by its id or the end of it; may be repeated."
    )
    @_act_options
    def command(words: tuple[str, ...], ids: tuple[str, ...], **given: Any) -> None:
        connection = take_connection(given)
        retry_until, how = given.pop("retry_until", ""), _how(given)
        if bool(words) == bool(ids):
            raise click.UsageError("say which jobs: either a FILTER or --id, and not both")
        with opened_systems(**connection) as systems:
            query = _read_named(words) if words else read_filter(words)
            _require_no_id(query, systems)
            if ids:
                system, found, missing = _find_jobs(systems, ids, how, is_told=given["form"] != Format.TABLE)
                manifest = system.operations.prepare_ids(verb, found, retry_until)
                manifest = replace(manifest, missing=(*missing, *manifest.missing))
            else:
                system, manifest = systems.prepare_in_one(
                    verb, lambda one: one.operations.prepare_matching(verb, query, retry_until=retry_until, how=how)
                )
            _carry_out(system, manifest, given)

    return _deadline_option(command) if verb in DEADLINE_VERBS else command


def _read_named(words: tuple[str, ...]) -> Query:
    """Return the filter of an act; an empty one, as of a shell's unset variable, must not mean every job."""
    if not " ".join(words).strip():
        raise click.UsageError("the FILTER is empty; for all jobs say queue:*")
    return read_filter(words)


def _require_no_id(query: Query, systems: Systems) -> None:
    """Refuse a filter that is one job's id: as a word it would match every job with that text."""
    if [term.field for term in query.terms] != [WORD]:
        return
    for word in filter(_may_be_id, map(str, query.terms[0].values)):
        for one in systems.opened:
            if one.feed.has(word):
                raise click.UsageError(
                    f"{word!r} is the id of a job in {one.title}, and as a FILTER means every job with that text; write --id {word}"
                )


def _may_be_id(word: str) -> bool:
    return any(map(str.isdecimal, word))


def _find_jobs(
    systems: Systems, ids: tuple[str, ...], how: Thoroughness, *, is_told: bool
) -> tuple[System, list[str], list[str]]:
    """Return the one system that has the jobs of these ids, their full ids, and the unknown ids.

    Raises NotFound where there is none of them, unless the answer of the one queue that was asked `is_told` id by id.
    """
    systems.require_all("an id")
    found: list[tuple[System, str]] = []
    misses: dict[str, NotFound] = {}
    for written in dict.fromkeys(ids):
        try:
            found.append(systems.find_job(written, whole=how.whole))
        except NotFound as error:
            misses[written] = error
    if not found and (systems.are_many or not is_told):
        raise NotFound("; ".join(dict.fromkeys(map(str, misses.values()))))
    owners = {system.title: system for system, _ in found} or {"": systems.opened[0]}
    if len(owners) > 1:
        raise Conflict(f"the jobs are in {' and '.join(owners)}; an act is done in one queue at a time: {NARROW}")
    return next(iter(owners.values())), [job_id for _, job_id in found], list(misses)


def _how(given: dict[str, Any]) -> Thoroughness:
    """Return how far jobs are searched, by the options."""
    return Thoroughness(given.pop("whole"), tell=Progress(_describe_search))


def _describe_search(looked: int, found: int) -> str:
    return f"{f'{looked:,} jobs looked through, ' if looked else ''}{found:,} found"


retry = _jobs_act(Verb.RETRY, "Make failed, cancelled, finished or waiting jobs due now; an orphaned one is released.")
cancel = _jobs_act(
    Verb.CANCEL,
    "Cancel waiting jobs at once; a running one is asked to stop. Where none are kept, as in Laravel, they are removed.",
)
delete = _jobs_act(Verb.DELETE, "Delete jobs, one by one.")
release = _jobs_act(Verb.RELEASE, "Give jobs whose worker is gone back to their queue.")


@click.command(cls=FilterCommand)
@click.argument("words", nargs=-1, required=True, metavar="FILTER")
@_act_options
def purge(words: tuple[str, ...], **given: Any) -> None:
    """Write all jobs that match FILTER to a file, then delete them."""
    connection = take_connection(given)
    query, how = _read_named(words), _how(given)
    with opened_systems(**connection) as systems:
        found = systems.prepare_in_one(Verb.DELETE, lambda one: one.operations.prepare_purge(query, how=how))
        _carry_out(*found, given)


@click.command()
@click.option("--days", type=NumberRange(0, MOST_DAYS), required=True, help="Older than so many days.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(sorted(state.value for state in FINAL)),
    help="Which final states; unless named completed and cancelled, or what the application's own cleanup deletes.",
)
@_act_options
def cleanup(days: float, states: tuple[str, ...], **given: Any) -> None:
    """Delete jobs that ended long ago."""
    connection = take_connection(given)
    how = _how(given)
    with opened_systems(**connection) as systems:
        found = systems.prepare_in_one(
            Verb.DELETE, lambda one: one.operations.prepare_cleanup(states or None, days * DAY_S, how=how)
        )
        _carry_out(*found, given)
