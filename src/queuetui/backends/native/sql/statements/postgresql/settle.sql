-- The lease if it is valid. The lock blocks sweeps, not renewals.
-- block hold_lease
select queue, worker_id from queuetui_lease where id = :lease_id and until > clock_timestamp() for key share;

-- Found by primary key only: the index on held jobs would be walked over all entries that died since the last vacuum.
-- block lock_run
select id, queue, type, key, cancel_requested_at is not null, claimed_alone, lost_alone
from queuetui_job where id = :id and fence = :fence and (lease_id = :lease_id) is true for update;

-- block finish_job
with taken as (
    delete from queuetui_job where id = :id returning *
), clock as materialized (
    select clock_timestamp() as now
)
insert into queuetui_job_done (
    id, state, rev, updated_at, done_at, expires_at, started_at, attempts, lost, lost_alone, error_class, error_message,
    error_traceback, error_fingerprint, result, due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms,
    max_attempts, blob, queue, type, name, worker_id, correlation_id, key, tags, needs, context, progress, payload
)
select
    id, :state::smallint, least(rev, 9223372036854775806) + 1, now, now, now + :kept_us * interval '1 microsecond',
    coalesce(started_at, now - :took_us::bigint * interval '1 microsecond'),
    least(attempts, 2147483646) + :attempted::integer, least(lost, 2147483646) + :lost::integer, least(lost_alone, 2147483646) + :lost_alone::integer,
    case when :set_error::boolean then :error_class::text else error_class end,
    case when :set_error::boolean then :error_message::text else error_message end,
    case when :set_error::boolean then :error_traceback::text else error_traceback end,
    case when :set_error::boolean then :error_fingerprint::text else error_fingerprint end,
    :result::bytea,
    due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms, max_attempts, blob, queue, type, name,
    worker_id, correlation_id, key, tags, needs, context, progress, payload
from taken, clock;

-- block put_back
update queuetui_job set
    state = :state::smallint, rev = least(rev, 9223372036854775806) + 1, updated_at = clock_timestamp(),
    due_at = coalesce(:at::timestamptz, clock_timestamp() + :delay_us::bigint * interval '1 microsecond', due_at),
    attempts = least(attempts, 2147483646) + :attempted::integer, lost = least(lost, 2147483646) + :lost::integer, lost_alone = least(lost_alone, 2147483646) + :lost_alone::integer,
    error_class = case when :set_error::boolean then :error_class::text else error_class end,
    error_message = case when :set_error::boolean then :error_message::text else error_message end,
    error_traceback = case when :set_error::boolean then :error_traceback::text else error_traceback end,
    error_fingerprint = case when :set_error::boolean then :error_fingerprint::text else error_fingerprint end,
    lease_id = null, worker_id = null, claimed_at = null, claimed_alone = false, started_at = null, progress = null
where id = :id;

-- block expire_key
update queuetui_job_key set expires_at = clock_timestamp() + :key_kept_us * interval '1 microsecond' where key = :key and job_id = :id;

-- A run with a recorded late acknowledgement keeps that record when it is swept afterwards.
-- block record_attempt
insert into queuetui_attempt (
    job_id, fence, outcome, error_class, error_message, error_traceback, worker_id, started_at, ended_at
)
select
    id, fence, :outcome, :error_class::text, :error_message::text, :error_traceback::text, worker_id,
    coalesce(
        started_at, clock_timestamp() - :took_us::bigint * interval '1 microsecond'
    ), clock_timestamp()
from queuetui_job where id = :id
on conflict (job_id, fence) do nothing;

-- An ending that is sent again because its answer was lost is not late if it made the job final.
-- block record_ack_lost
insert into queuetui_attempt as kept (job_id, fence, outcome, error_class, error_message, error_traceback, worker_id, ended_at)
select
    :id::uuid, :fence::bigint, 'ack_lost', :error_class::text, :error_message::text, :error_traceback::text, found.worker_id,
    clock_timestamp()
from (
    select fence, worker_id, false as is_final from queuetui_job where id = :id
    union all
    select fence, worker_id, true from queuetui_job_done where id = :id
    limit 1
) as found
where :fence::bigint between 1 and found.fence
    and (
        not found.is_final or found.fence > :fence::bigint
        or exists (select 1 from queuetui_attempt a where a.job_id = :id and a.fence = :fence and a.outcome = 'lost')
    )
on conflict (job_id, fence) do update set
    outcome = excluded.outcome, error_class = excluded.error_class, error_message = excluded.error_message,
    error_traceback = excluded.error_traceback, ended_at = excluded.ended_at
where kept.outcome = 'lost';
