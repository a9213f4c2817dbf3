-- Acts on jobs. Every row is locked and compared first; the columns are in the order of `locked_jobs.py`.
-- block lock_live
select
    id, due_at, created_at, updated_at, cancel_requested_at, claimed_at, started_at, priority, fence, rev, timeout_ms, attempts,
    max_attempts, lost, lost_alone, state, `blob`, queue, type, name, worker_id, correlation_id, `key`, tags, needs, context, progress,
    error_class, error_message, error_traceback, error_fingerprint, payload,
    lease_id, claimed_alone
from queuetui_job where id = :id for update;

-- block lock_done
select
    id, due_at, created_at, updated_at, cancel_requested_at, claimed_at, started_at, priority, fence, rev, timeout_ms, attempts,
    max_attempts, lost, lost_alone, state, `blob`, queue, type, name, worker_id, correlation_id, `key`, tags, needs, context, progress,
    error_class, error_message, error_traceback, error_fingerprint, payload,
    done_at, expires_at, result
from queuetui_job_done where id = :id for update;

-- block read_blob
select payload from queuetui_job_blob where id = :id;

-- block read_attempts
select fence, outcome, error_class, error_message, error_traceback, worker_id, started_at, ended_at
from queuetui_attempt where job_id = :id order by fence;

-- block lease_goes_on
select 1 from queuetui_lease where id = :lease_id and until > :now lock in share mode;

-- block retry_waiting
update queuetui_job set
    state = 1, due_at = :now, updated_at = :now, rev = least(rev, 9223372036854775806) + 1, attempts = 0, lost_alone = 0, cancel_requested_at = null
where id = :id;

-- Keeps the job's id, fence and losses; its attempts begin again.
-- block revive
insert into queuetui_job (
    id, due_at, created_at, updated_at, priority, fence, rev, timeout_ms, attempts, max_attempts, lost, lost_alone, state, `blob`, queue,
    type, name, correlation_id, `key`, tags, needs, context, error_class, error_message, error_traceback, error_fingerprint, payload
)
select
    id, :now, created_at, :now, priority, fence, least(rev, 9223372036854775806) + 1, timeout_ms, 0, max_attempts, lost, 0, 1, `blob`, queue,
    type, name, correlation_id, `key`, tags, needs, context, error_class, error_message, error_traceback, error_fingerprint, payload
from queuetui_job_done where id = :id;

-- block free_key
delete from queuetui_job_key where `key` = :key and job_id = :id;

-- A key that has expired or was taken by another job since is not taken back.
-- block hold_key_again
update queuetui_job_key set expires_at = null where `key` = :key and job_id = :id;

-- block request_cancel
update queuetui_job set cancel_requested_at = :now, updated_at = :now, rev = least(rev, 9223372036854775806) + 1 where id = :id;

-- block delete_live
delete from queuetui_job where id = :id;

-- block delete_done
delete from queuetui_job_done where id = :id;

-- block add_act
insert into queuetui_act (id, verb, actor, at, reason, filter) values (:id, :verb, :actor, :now, :reason, :filter)
on duplicate key update id = values(id);

-- block find_act
select counts from queuetui_act where id = :id for update;

-- block count_act
update queuetui_act set counts = :counts where id = :id;

-- block find_act_row
select outcome, state_now, note, `before`, rev_after from queuetui_act_row where act_id = :act_id and job_id = :job_id;

-- block add_act_row
insert into queuetui_act_row (act_id, job_id, outcome, state_now, note, `before`, rev_after)
values (:act_id, :job_id, :outcome, :state_now, :note, :before, :rev_after);

-- block lock_queue
select paused_at, paused_by from queuetui_queue where name = :name for update;

-- block pause_queue
insert into queuetui_queue (name) values (:name) on duplicate key update name = values(name);
update queuetui_queue set paused_at = :now, paused_by = :paused_by where name = :name and paused_at is null;

-- block resume_queue
update queuetui_queue set paused_at = null, paused_by = null where name = :name and paused_at is not null;

-- block list_silent
select id from queuetui_worker where beat_at < :now - :silent_us for update;
