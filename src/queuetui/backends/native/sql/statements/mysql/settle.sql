-- The lease if it is valid; the lock blocks both sweeps and renewals.
-- block hold_lease
select queue, worker_id from queuetui_lease where id = :lease_id and until > :now lock in share mode;

-- block lock_run
select id, queue, type, `key`, cancel_requested_at is not null, claimed_alone, lost_alone
from queuetui_job where id = :id and fence = :fence and lease_id = :lease_id for update;

-- Copies the job to the final jobs; `drop_job` completes the move.
-- block finish_job
insert into queuetui_job_done (
    id, state, rev, updated_at, done_at, expires_at, started_at, attempts, lost, lost_alone, error_class, error_message,
    error_traceback, error_fingerprint, result, due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms,
    max_attempts, `blob`, queue, type, name, worker_id, correlation_id, `key`, tags, needs, context, progress, payload
)
select
    id, :state, least(rev, 9223372036854775806) + 1, :now, :now, :now + :kept_us, coalesce(started_at, :now - cast(:took_us as signed)),
    least(attempts, 2147483646) + :attempted, least(lost, 2147483646) + :lost, least(lost_alone, 2147483646) + :lost_alone,
    case when :set_error then :error_class else error_class end, case when :set_error then :error_message else error_message end,
    case when :set_error then :error_traceback else error_traceback end,
    case when :set_error then :error_fingerprint else error_fingerprint end,
    :result,
    due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms, max_attempts, `blob`, queue, type, name,
    worker_id, correlation_id, `key`, tags, needs, context, progress, payload
from queuetui_job where id = :id;

-- block drop_job
delete from queuetui_job where id = :id;

-- block put_back
update queuetui_job set
    state = :state, rev = least(rev, 9223372036854775806) + 1, updated_at = :now, due_at = coalesce(:at, :now + cast(:delay_us as signed), due_at),
    attempts = least(attempts, 2147483646) + :attempted, lost = least(lost, 2147483646) + :lost, lost_alone = least(lost_alone, 2147483646) + :lost_alone,
    error_class = case when :set_error then :error_class else error_class end,
    error_message = case when :set_error then :error_message else error_message end,
    error_traceback = case when :set_error then :error_traceback else error_traceback end,
    error_fingerprint = case when :set_error then :error_fingerprint else error_fingerprint end,
    lease_id = null, worker_id = null, claimed_at = null, claimed_alone = 0, started_at = null, progress = null
where id = :id;

-- block expire_key
update queuetui_job_key set expires_at = :now + :key_kept_us where `key` = :key and job_id = :id;

-- A run with a recorded late acknowledgement keeps that record when it is swept afterwards.
-- block record_attempt
insert into queuetui_attempt (
    job_id, fence, outcome, error_class, error_message, error_traceback, worker_id, started_at, ended_at
)
select
    id, fence, :outcome, :error_class, :error_message, :error_traceback, worker_id,
    coalesce(started_at, :now - cast(:took_us as signed)), :now
from queuetui_job where id = :id
on duplicate key update job_id = values(job_id);

-- An ending that is sent again because its answer was lost is not late if it made the job final.
-- block record_ack_lost
insert into queuetui_attempt (job_id, fence, outcome, error_class, error_message, error_traceback, worker_id, ended_at)
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
on duplicate key update
    error_class = if(outcome = 'lost', values(error_class), queuetui_attempt.error_class),
    error_message = if(outcome = 'lost', values(error_message), queuetui_attempt.error_message),
    error_traceback = if(outcome = 'lost', values(error_traceback), queuetui_attempt.error_traceback),
    ended_at = if(outcome = 'lost', values(ended_at), ended_at),
    outcome = if(outcome = 'lost', values(outcome), outcome);
