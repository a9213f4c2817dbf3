-- Finishes runs and claims jobs in one statement and one commit; either half may be empty. The first row tells that the lease is valid and which
-- endings were written; every further row is a claimed job.
-- block finish_and_claim
with clock as materialized (
    select clock_timestamp() as now
), held as materialized (
    select id, queue, worker_id from queuetui_lease where id = :lease_id and until > clock_timestamp() for key share
), given as (
    select * from unnest(:ids::uuid[], :fences::bigint[], :took_us::bigint[], :buckets::smallint[], :results::bytea[])
        as g (id, fence, took_us, bucket, result)
), taken as (
    -- By primary key only: the index on held jobs would be walked over all entries that died since the last vacuum. And by an array of one id:
    -- for a plain equality the planner may walk that whole index, once the statistics say that few jobs are live among many dead.
    delete from queuetui_job j using held, given g
    where j.id = any(array[g.id]) and j.fence = g.fence and (j.lease_id = held.id) is true
    returning j.*, g.took_us, g.bucket, g.result
), finished as (
    insert into queuetui_job_done (
        id, state, rev, updated_at, done_at, expires_at, started_at, attempts, lost, lost_alone, error_class, error_message,
        error_traceback, error_fingerprint, result, due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms,
        max_attempts, blob, queue, type, name, worker_id, correlation_id, key, tags, needs, context, progress, payload
    )
    select
        id, 5, least(rev, 9223372036854775806) + 1, now, now, now + :kept_us * interval '1 microsecond',
        coalesce(started_at, now - took_us * interval '1 microsecond'),
        least(attempts, 2147483646) + 1, lost, lost_alone, null, null, null, null, result,
        due_at, created_at, cancel_requested_at, claimed_at, priority, fence, timeout_ms, max_attempts, blob, queue, type, name,
        worker_id, correlation_id, key, tags, needs, context, progress, payload
    from taken, clock
), expired as (
    update queuetui_job_key k set expires_at = clock.now + :key_kept_us * interval '1 microsecond'
    from taken, clock where k.key = taken.key and k.job_id = taken.id
), open as materialized (
    -- Jobs of a queue with rules are claimed by `rules.sql`.
    select queue from held
    where (select q.paused_at is not null or q.ruled from queuetui_queue q where q.name = held.queue) is not true
), picked as materialized (
    -- While an old snapshot is held open somewhere, the entries of jobs claimed long ago cannot be removed, and each
    -- walk from the start reads all of them: then the claim starts, for each priority, where the last one ended.
    select id, lost, priority, due_at from (
        select ahead.* from unnest(:floor_priorities::bigint[], :floor_dues::timestamptz[]) as floor (priority, due_at), lateral (
            select j.id, j.lost, j.priority, j.due_at from queuetui_job j
            where j.state = 1 and j.queue = (select queue from open) and j.priority = floor.priority and j.due_at >= floor.due_at
            order by j.due_at, j.id
            limit :claim for update skip locked
        ) as ahead
        union all
        select walked.* from (
            select id, lost, priority, due_at from queuetui_job
            where state = 1 and queue = (select queue from open) and :whole::boolean
            order by priority desc, due_at, id
            limit :claim for update skip locked
        ) as walked
    ) as found
    limit :claim
), chosen as materialized (
    -- A job that was lost before is claimed alone.
    select id from (
        select id, row_number() over claim_order as place, sum(least(lost, 1)) over claim_order as suspects
        from picked window claim_order as (order by priority desc, due_at, id)
    ) ranked
    where suspects = 0 or place = 1
), claimed as (
    update queuetui_job j set
        state = 2, lease_id = held.id, worker_id = held.worker_id, fence = least(j.fence, 9223372036854775806) + 1, rev = least(j.rev, 9223372036854775806) + 1, claimed_at = clock.now,
        updated_at = clock.now, started_at = null, progress = null, claimed_alone = (select count(*) = 1 from chosen)
    from held, clock
    where j.id = any(array(select id from chosen))
    returning j.*
), moved as (
    select type, 0 as started, 1 as completed, took_us, bucket from taken
    union all
    select type, 1, 0, null, null from claimed
), counted as (
    insert into queuetui_tally as total (
        minute, worker_id, queue, type,
        enqueued, started, completed, failed, retried, lost, busy_us, took_00, took_01, took_02, took_03, took_04, took_05, took_06,
        took_07, took_08, took_09, took_10, took_11, took_12, took_13, took_14, took_15, took_16, took_17, took_18, took_19, took_20,
        took_21, took_22, took_23
    )
    select
        date_trunc('minute', clock.now), held.worker_id, held.queue, moved.type,
        0, sum(started), sum(completed), 0, 0, 0, coalesce(sum(took_us), 0), count(*) filter (where bucket = 0),
        count(*) filter (where bucket = 1), count(*) filter (where bucket = 2), count(*) filter (where bucket = 3),
        count(*) filter (where bucket = 4), count(*) filter (where bucket = 5), count(*) filter (where bucket = 6),
        count(*) filter (where bucket = 7), count(*) filter (where bucket = 8), count(*) filter (where bucket = 9),
        count(*) filter (where bucket = 10), count(*) filter (where bucket = 11), count(*) filter (where bucket = 12),
        count(*) filter (where bucket = 13), count(*) filter (where bucket = 14), count(*) filter (where bucket = 15),
        count(*) filter (where bucket = 16), count(*) filter (where bucket = 17), count(*) filter (where bucket = 18),
        count(*) filter (where bucket = 19), count(*) filter (where bucket = 20), count(*) filter (where bucket = 21),
        count(*) filter (where bucket = 22), count(*) filter (where bucket = 23)
    from moved, held, clock
    group by clock.now, held.worker_id, held.queue, moved.type
    on conflict (minute, worker_id, queue, type) do update set
        enqueued = total.enqueued + excluded.enqueued, started = total.started + excluded.started,
        completed = total.completed + excluded.completed, failed = total.failed + excluded.failed,
        retried = total.retried + excluded.retried, lost = total.lost + excluded.lost, busy_us = total.busy_us + excluded.busy_us,
        took_00 = total.took_00 + excluded.took_00, took_01 = total.took_01 + excluded.took_01,
        took_02 = total.took_02 + excluded.took_02, took_03 = total.took_03 + excluded.took_03,
        took_04 = total.took_04 + excluded.took_04, took_05 = total.took_05 + excluded.took_05,
        took_06 = total.took_06 + excluded.took_06, took_07 = total.took_07 + excluded.took_07,
        took_08 = total.took_08 + excluded.took_08, took_09 = total.took_09 + excluded.took_09,
        took_10 = total.took_10 + excluded.took_10, took_11 = total.took_11 + excluded.took_11,
        took_12 = total.took_12 + excluded.took_12, took_13 = total.took_13 + excluded.took_13,
        took_14 = total.took_14 + excluded.took_14, took_15 = total.took_15 + excluded.took_15,
        took_16 = total.took_16 + excluded.took_16, took_17 = total.took_17 + excluded.took_17,
        took_18 = total.took_18 + excluded.took_18, took_19 = total.took_19 + excluded.took_19,
        took_20 = total.took_20 + excluded.took_20, took_21 = total.took_21 + excluded.took_21,
        took_22 = total.took_22 + excluded.took_22, took_23 = total.took_23 + excluded.took_23
), logged as (
    insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment)
    select clock.now, told.kind, held.queue, told.id, held.worker_id, told.correlation_id, least(told.attempts, 2147483646) + 1, told.fence, told.moment
    from held, clock, (
        select
            5 as kind, id, correlation_id, attempts, fence,
            coalesce(started_at, now - took_us * interval '1 microsecond') as moment
        from taken, clock
        union all
        select 2, id, correlation_id, attempts, fence, null from claimed
    ) as told
    where coalesce((select q.events from queuetui_queue q where q.name = (select queue from held)), true)
)
select
    array(select id::text from taken), null,
    -- The duration until the next jobs were found.
    (select (extract(epoch from clock_timestamp() - statement_timestamp()) * 1000000)::bigint from (select count(*) from picked) as walked),
    null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
from held
union all
select
    null, id::text, fence, type, queue, case when blob then (select b.payload from queuetui_job_blob b where b.id = claimed.id) else payload end,
    name, priority, attempts, max_attempts, lost, correlation_id, tags::text, timeout_ms, created_at, due_at,
    cancel_requested_at, context
from claimed;
