-- The ended runs, in a temporary table of this connection. One statement over them writes each page once, whereas one statement a run would copy
-- the changed pages for each run, in case that statement is rolled back.
-- block make_ended
create temp table if not exists queuetui_ended (
    id blob not null primary key,
    fence integer not null,
    took_us integer,
    result blob
) without rowid;

-- block add_ended
insert into queuetui_ended (id, fence, took_us, result) values (?, ?, ?, ?);

-- block forget_ended
delete from queuetui_ended;

-- block last_done
select coalesce(max(seq), 0) from queuetui_job_done;

-- block finish_runs
insert into queuetui_job_done (
    id, state, rev, updated_at, done_at, expires_at, started_at, attempts, lost, lost_alone, error_class, error_message,
    error_traceback, error_fingerprint, result, due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms,
    max_attempts, blob, queue, type, name, worker_id, correlation_id, key, tags, needs, context, progress, payload
)
select
    j.id, 5, min(j.rev, 9223372036854775806) + 1, :now, :now, :now + :kept_us, coalesce(j.started_at, :now - e.took_us),
    min(j.attempts, 9223372036854775806) + 1, j.lost, j.lost_alone, null, null, null, null, e.result,
    j.due_at, j.created_at, j.cancel_requested_at, j.claimed_at, j.priority, j.fence, j.timeout_ms, j.max_attempts, j.blob, j.queue,
    j.type, j.name, j.worker_id, j.correlation_id, j.key, j.tags, j.needs, j.context, j.progress, j.payload
from queuetui_ended e cross join queuetui_job j
where j.id = e.id and j.fence = e.fence and j.lease_id = :lease_id;

-- The rows that this transaction has added are at the end of the table.
-- block expire_run_keys
update queuetui_job_key set expires_at = :now + :key_kept_us
where key in (select key from queuetui_job_done where seq > :before and key is not null)
    and job_id in (select id from queuetui_job_done where seq > :before);

-- block drop_runs
delete from queuetui_job where id in (select id from queuetui_job_done where seq > :before);

-- block list_moved
select id from queuetui_job_done where seq > :before;

-- The rows with the values that they get when claimed, without jobs whose id is no UUID, which a worker could not settle.
-- Jobs of a queue with rules are claimed by `rules.sql`.
-- block choose_ready
select
    id, min(fence, 9223372036854775806) + 1, type, queue,
    case when blob then (select b.payload from queuetui_job_blob b where b.id = queuetui_job.id) else payload end, name, priority, attempts,
    max_attempts, lost, correlation_id, tags, timeout_ms, created_at, due_at, cancel_requested_at, context
from queuetui_job
where state = 1 and queue = :queue and length(id) = 16
    and not exists (select 1 from queuetui_queue where name = :queue and (paused_at is not null or ruled))
order by priority desc, due_at, id
limit :claim;

-- These are the jobs of `choose_ready`, which runs in the same transaction.
-- block claim_first
update queuetui_job set
    state = 2, lease_id = :lease_id, worker_id = :worker_id, fence = min(fence, 9223372036854775806) + 1, rev = min(rev, 9223372036854775806) + 1, claimed_at = :now, updated_at = :now,
    started_at = null, progress = null, claimed_alone = :alone
where id in (
    select id from queuetui_job
    where state = 1 and queue = :queue and length(id) = 16 order by priority desc, due_at, id limit :count
);

-- block find_odd_id
select 1 from queuetui_job where state = 1 and queue = :queue and length(id) <> 16 limit 1;
