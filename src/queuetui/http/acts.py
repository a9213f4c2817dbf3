"""Acts on jobs: on one, on several by their ids, on all that match, and on those that ended long ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from queuetui.http.bodies import BulkBody, CleanupBody, GroupBody
from queuetui.http.endpoint import Call, Endpoint, answer_json
from queuetui.http.parameters import BACKEND, ONE_TYPE, SINCE
from queuetui.http.past import find_group
from queuetui.http.problems import RefusedRequest
from queuetui.model.act import Outcome, Verb
from queuetui.model.errors import Conflict, Denied, NotFound, Unsupported
from queuetui.model.histories import filter_of
from queuetui.model.query_parser import parse_query
from queuetui.operate.manifest import Manifest, describe_bounds, describe_manifest
from queuetui.operate.report import describe_report
from queuetui.operate.rights import Right, right_for

if TYPE_CHECKING:
    from queuetui.http.served import ServedQueues

DAY_S = 86400.0


def cancel_job(call: Call) -> Response:
    """Cancel one job."""
    return _act_on_one(call, Verb.CANCEL)


def retry_job(call: Call) -> Response:
    """Make one job due now."""
    return _act_on_one(call, Verb.RETRY)


def _act_on_one(call: Call, verb: Verb) -> Response:
    system, job_id = call.system, call.path["id"]
    _require(call, system, verb)
    operations = call.operations(system)
    manifest = operations.prepare_ids(verb, [job_id])
    if manifest.missing:
        raise NotFound(f"no job has the id {job_id!r}; see: GET /api/jobs")
    if manifest.different:
        raise Conflict(f"{verb.value} was not done: the job {manifest.different[0][1]}")
    report = describe_report(operations.perform(manifest), system.name)
    (result,) = report["results"]
    if result["outcome"] != Outcome.DONE:
        raise Conflict(f"{verb.value} was not done: {result['note'] or result['outcome']}")
    return answer_json({**result, "verb": verb.value, "act": report["act"], "remarks": report["remarks"]})


def act_on_many(call: Call) -> Response:
    """Act on several jobs, with a result for each."""
    system, body = call.system, call.body
    verb = Verb(body.action)
    if (body.job_ids is None) == (body.filter is None):
        raise RefusedRequest(422, "say which jobs: either job_ids or filter, and not both")
    _require(call, system, verb)
    operations = call.operations(system)
    if body.job_ids is None:
        manifest = operations.prepare_matching(verb, parse_query(_written(body.filter)))
    else:
        manifest = operations.prepare_ids(verb, body.job_ids)
    return _act_on(call, manifest)


def retry_group(call: Call) -> Response:
    """Make the jobs of one group of failures due now."""
    system = call.system
    _require(call, system, Verb.RETRY)
    matching = parse_query(filter_of(find_group(call)))
    return _act_on(call, call.operations(system).prepare_matching(Verb.RETRY, matching))


def _act_on(call: Call, manifest: Manifest) -> Response:
    """Perform the prepared act, or only describe it if the body asks for a dry run."""
    if call.body.dry_run:
        return answer_json(describe_manifest(manifest, call.system.name))
    return _perform(call, manifest)


def _perform(call: Call, manifest: Manifest) -> Response:
    system, body = call.system, call.body
    _require_confirmation(system, manifest, body.confirm)
    report = describe_report(call.operations(system).perform(manifest, body.reason), system.name)
    return answer_json({**report, **describe_bounds(manifest)})


def clean_up(call: Call) -> Response:
    """Delete the jobs that ended long ago."""
    system, body = call.system, call.body
    _require(call, system, Verb.DELETE)
    manifest = call.operations(system).prepare_cleanup(None, body.days * DAY_S)
    return _perform(call, manifest)


def _written(text: str) -> str:
    if not text.strip():
        raise RefusedRequest(422, "the filter is empty; for all jobs say queue:*")
    return text


def _require(call: Call, system: ServedQueues, verb: Verb) -> None:
    """Raise Denied before jobs are searched, even if no job would be found."""
    needed = right_for(verb)
    if not call.caller.right.covers(needed):
        raise Denied(f"{verb.value} takes the right {needed}, and this token has {call.caller.right}")
    operations = call.operations(system)
    impossible = operations.why_impossible(verb)
    if impossible is not None:
        raise Unsupported(f"{verb.value} cannot be done in {system.name}: {impossible}")
    reason = operations.why_not(verb)
    if reason is not None:
        raise Denied(f"{verb.value} was not done: {reason}")


def _require_confirmation(system: ServedQueues, manifest: Manifest, confirm: str | None) -> None:
    wanted = system.confirmation
    if wanted is not None and len(manifest.refs) > 1 and confirm != wanted:
        raise Conflict(f'nothing was done: this profile is protected; to act on several jobs say "confirm": "{wanted}"')


ENDPOINTS = (
    Endpoint(
        "DELETE",
        "/api/jobs/{id:text}",
        "Cancels one job: a waiting one at once, a running one is asked to end.",
        cancel_job,
        Right.OPERATE,
        (BACKEND,),
        statuses=(200, 404, 409),
    ),
    Endpoint(
        "POST",
        "/api/jobs/{id:text}/retry",
        "Makes one job due now; an orphaned one is released.",
        retry_job,
        Right.OPERATE,
        (BACKEND,),
        statuses=(200, 404, 409),
    ),
    Endpoint(
        "POST",
        "/api/jobs/bulk",
        "One act on several jobs, with a result for each id.",
        act_on_many,
        Right.OPERATE,
        (BACKEND,),
        BulkBody,
        (200, 400, 409),
    ),
    Endpoint(
        "POST",
        "/api/failures/{fingerprint:text}/retry",
        "Makes the jobs of one group of failures due now, with a result for each id.",
        retry_group,
        Right.OPERATE,
        (ONE_TYPE, SINCE, BACKEND),
        GroupBody,
        (200, 404, 409),
    ),
    Endpoint(
        "POST",
        "/api/jobs/cleanup",
        "Deletes jobs that ended more than so many days ago.",
        clean_up,
        Right.ADMIN,
        (BACKEND,),
        CleanupBody,
        (200, 409),
    ),
)
