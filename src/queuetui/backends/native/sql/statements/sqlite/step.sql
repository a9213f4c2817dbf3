-- block finish_run
insert into queuetui_job_done (
    id, state, rev, updated_at, done_at, expires_at, started_at, attempts, lost, lost_alone, error_class, error_message,
    error_traceback, error_fingerprint, result, due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms,
    max_attempts, blob, queue, type, name, worker_id, correlation_id, key, tags, needs, progress, payload
)
select
    id, 5, rev + 1, :now, :now, :now + :kept_us, coalesce(started_at, :now - :took_us),
    attempts + 1, lost, lost_alone, null, null, null, null, :result,
    due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms, max_attempts, blob, queue, type, name,
    worker_id, correlation_id, key, tags, needs, progress, payload
from queuetui_job where id = :id and fence = :fence and lease_id = :lease_id;

-- block expire_run_key
update queuetui_job_key set expires_at = :now + :key_kept_us
where key = (select key from queuetui_job where id = :id and fence = :fence and lease_id = :lease_id) and job_id = :id;

-- block drop_run
delete from queuetui_job where id = :id and fence = :fence and lease_id = :lease_id;

-- The rows as they will stand once claimed.
-- block choose_ready
select
    id, fence + 1, type, queue,
    case when blob then (select b.payload from queuetui_job_blob b where b.id = queuetui_job.id) else payload end, name, priority, attempts,
    max_attempts, lost, correlation_id, tags, timeout_ms, created_at, due_at, cancel_requested_at
from queuetui_job
where state = 1 and queue = :queue
    and not exists (select 1 from queuetui_queue where name = :queue and paused_at is not null)
order by priority desc, due_at, id
limit :claim;

-- block claim_job
update queuetui_job set
    state = 2, lease_id = :lease_id, worker_id = :worker_id, fence = fence + 1, rev = rev + 1, claimed_at = :now, updated_at = :now,
    started_at = null, progress = null, claimed_alone = :alone
where id = :id;
