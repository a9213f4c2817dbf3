-- Found by primary key: the index on held jobs would be walked over all entries that were deleted since the last purge.
-- block lock_runs
select id, fence, type, `key` from queuetui_job force index (primary) where id in :ids and lease_id = :lease_id for update;

-- One row of `given` below, once for each run.
-- block given_run
select :id as id, cast(:took_us as signed) as took_us, :result as result

-- block finish_runs
insert into queuetui_job_done (
    id, state, rev, updated_at, done_at, expires_at, started_at, attempts, lost, lost_alone, error_class, error_message,
    error_traceback, error_fingerprint, result, due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms,
    max_attempts, `blob`, queue, type, name, worker_id, correlation_id, `key`, tags, needs, context, progress, payload
)
select
    j.id, 5, least(rev, 9223372036854775806) + 1, :now, :now, :now + :kept_us, coalesce(started_at, :now - given.took_us),
    least(attempts, 2147483646) + 1, lost, lost_alone, null, null, null, null, given.result,
    due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms, max_attempts, `blob`, queue, type, name,
    worker_id, correlation_id, `key`, tags, needs, context, progress, payload
from ({given}) as given straight_join queuetui_job j force index (primary) on j.id = given.id;

-- block drop_runs
delete from queuetui_job where id in :ids;

-- block expire_run_keys
update queuetui_job_key set expires_at = :now + :key_kept_us where `key` in :keys and job_id in :ids;

-- Jobs of a queue with rules are claimed by `rules.sql`. The rules are read after the rows, which may be newer than earlier statements.
-- block is_shut
select 1 from queuetui_queue where name = :queue and (paused_at is not null or ruled);

-- The rows with the values that they get when claimed.
-- block choose_ready
select
    id, least(fence, 9223372036854775806) + 1, type, queue,
    case when `blob` then (select b.payload from queuetui_job_blob b where b.id = queuetui_job.id) else payload end, name, priority,
    attempts, max_attempts, lost, correlation_id, tags, timeout_ms, created_at, due_at, cancel_requested_at, context
from queuetui_job force index (queuetui_job_ready)
where queue = :queue and state = 1
order by priority_desc, due_at, id
limit :claim for update skip locked;

-- block claim_jobs
update queuetui_job set
    state = 2, lease_id = :lease_id, worker_id = :worker_id, fence = least(fence, 9223372036854775806) + 1, rev = least(rev, 9223372036854775806) + 1, claimed_at = :now, updated_at = :now,
    started_at = null, progress = null, claimed_alone = :alone
where id in :ids;
