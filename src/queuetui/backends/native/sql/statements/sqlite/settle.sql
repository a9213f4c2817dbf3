-- The lease if it is valid by the clock of this boot.
-- block hold_lease
select queue, worker_id from queuetui_lease where id = :lease_id and boot = :boot and boot_until > :boot_now;

-- block lock_run
select id, queue, type, key, cancel_requested_at is not null, claimed_alone, lost_alone
from queuetui_job where id = :id and fence = :fence and lease_id = :lease_id;

-- Copies the job to the final jobs; `drop_job` completes the move.
-- block finish_job
insert into queuetui_job_done (
    id, state, rev, updated_at, done_at, expires_at, started_at, attempts, lost, lost_alone, error_class, error_message,
    error_traceback, error_fingerprint, result, due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms,
    max_attempts, blob, queue, type, name, worker_id, correlation_id, key, tags, needs, context, progress, payload
)
select
    id, :state, min(rev, 9223372036854775806) + 1, :now, :now, :now + :kept_us, coalesce(started_at, :now - :took_us),
    min(attempts, 9223372036854775806) + :attempted, min(lost, 9223372036854775806) + :lost, min(lost_alone, 9223372036854775806) + :lost_alone,
    case when :set_error then :error_class else error_class end, case when :set_error then :error_message else error_message end,
    case when :set_error then :error_traceback else error_traceback end,
    case when :set_error then :error_fingerprint else error_fingerprint end,
    :result,
    due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms, max_attempts, blob, queue, type, name,
    worker_id, correlation_id, key, tags, needs, context, progress, payload
from queuetui_job where id = :id;

-- block drop_job
delete from queuetui_job where id = :id;

-- block put_back
update queuetui_job set
    state = :state, rev = min(rev, 9223372036854775806) + 1, updated_at = :now, due_at = coalesce(:at, :now + :delay_us, due_at),
    attempts = min(attempts, 9223372036854775806) + :attempted, lost = min(lost, 9223372036854775806) + :lost, lost_alone = min(lost_alone, 9223372036854775806) + :lost_alone,
    error_class = case when :set_error then :error_class else error_class end,
    error_message = case when :set_error then :error_message else error_message end,
    error_traceback = case when :set_error then :error_traceback else error_traceback end,
    error_fingerprint = case when :set_error then :error_fingerprint else error_fingerprint end,
    lease_id = null, worker_id = null, claimed_at = null, claimed_alone = 0, started_at = null, progress = null
where id = :id;

-- block expire_key
update queuetui_job_key set expires_at = :now + :key_kept_us where key = :key and job_id = :id;

-- A run with a recorded late acknowledgement keeps that record when it is swept afterwards.
-- block record_attempt
insert into queuetui_attempt (
    job_id, fence, outcome, error_class, error_message, error_traceback, worker_id, started_at, ended_at
)
select
    id, fence, :outcome, :error_class, :error_message, :error_traceback, worker_id,
    coalesce(started_at, :now - :took_us), :now
from queuetui_job where id = :id
on conflict (job_id, fence) do nothing;

-- An ending that is sent again because its answer was lost is not late if it made the job final.
-- block record_ack_lost
insert into queuetui_attempt as kept (job_id, fence, outcome, error_class, error_message, error_traceback, worker_id, ended_at)
select :id, :fence, 'ack_lost', :error_class, :error_message, :error_traceback, found.worker_id, :now
from (
    select fence, worker_id, 0 as is_final from queuetui_job where id = :id
    union all
    select fence, worker_id, 1 from queuetui_job_done where id = :id
) as found
where :fence between 1 and found.fence
    and (
        not found.is_final or found.fence > :fence
        or exists (select 1 from queuetui_attempt a where a.job_id = :id and a.fence = :fence and a.outcome = 'lost')
    )
on conflict (job_id, fence) do update set
    outcome = excluded.outcome, error_class = excluded.error_class, error_message = excluded.error_message,
    error_traceback = excluded.error_traceback, ended_at = excluded.ended_at
where kept.outcome = 'lost';
