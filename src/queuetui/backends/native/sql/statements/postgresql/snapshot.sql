-- The snapshot of a console at its start and as long as nothing is filtered. Other snapshots are read through SQLAlchemy, whose import
-- takes as long as everything else before the first row; a test compares the two.

-- Disables sequential scans for the statements after it, until the transaction ends.
-- block snapshot_clock
select clock_timestamp(), set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
    set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true);

-- Skips from one queue to the next in each index that begins with the queue, without reading the rows between.
-- block snapshot_queues
with recursive
put_off(name) as (
    select min(queue) from queuetui_job where state in (0, 3)
    union all
    select (select min(queue) from queuetui_job where state in (0, 3) and queue > put_off.name) from put_off where name is not null
),
pending(name) as (
    select min(queue) from queuetui_job where state = 1
    union all
    select (select min(queue) from queuetui_job where state = 1 and queue > pending.name) from pending where name is not null
),
processing(name) as (
    select min(queue) from queuetui_job where state = 2
    union all
    select (select min(queue) from queuetui_job where state = 2 and queue > processing.name) from processing where name is not null
),
completed(name) as (
    select min(queue) from queuetui_job_done where state = 5
    union all
    select (select min(queue) from queuetui_job_done where state = 5 and queue > completed.name) from completed where name is not null
),
failed(name) as (
    select min(queue) from queuetui_job_done where state = 6
    union all
    select (select min(queue) from queuetui_job_done where state = 6 and queue > failed.name) from failed where name is not null
),
cancelled(name) as (
    select min(queue) from queuetui_job_done where state = 7
    union all
    select (select min(queue) from queuetui_job_done where state = 7 and queue > cancelled.name) from cancelled where name is not null
)
select name from (
    select * from (select name from put_off where name is not null limit :most) as hops
    union select * from (select name from pending where name is not null limit :most) as hops
    union select * from (select name from processing where name is not null limit :most) as hops
    union select * from (select name from completed where name is not null limit :most) as hops
    union select * from (select name from failed where name is not null limit :most) as hops
    union select * from (select name from cancelled where name is not null limit :most) as hops
) as found order by name limit :most;

-- block snapshot_switches
select name, paused_at, paused_by, events, rules from queuetui_queue limit :most;

-- block snapshot_busy
select lease.worker_id as id, count(*) as busy, sum(case when lease.until < :at then 1 else 0 end) as orphaned
from (select lease_id from queuetui_job where state = 2 limit :most) as held
join queuetui_lease as lease on lease.id = held.lease_id
group by lease.worker_id;

-- The queues with running jobs, or with runs that began or ended since a minute.
-- block snapshot_moving
select queue as name from (select queue from queuetui_job where state = 2 limit :most) as running
union
select queue from queuetui_tally where minute >= :since and started + completed + failed + retried + lost > 0;

-- block snapshot_workers
select id, host, pid, version, queues, types, tags, slots, started_at, beat_at, rss, stopping
from queuetui_worker order by beat_at desc limit :most;

-- block snapshot_page
select
    id, due_at, created_at, updated_at, cancel_requested_at, claimed_at, started_at, priority, rev, attempts, max_attempts, lost,
    state, queue, type, name, worker_id, correlation_id, key, tags, needs, context, progress, error_class, done_at,
    (select until from queuetui_lease where queuetui_lease.id = jobs.lease_id) as lease_until,
    substr(error_message, 1, :head) as error_message, substr(error_traceback, 1, :head) as error_traceback,
    substr(result, 1, :head) as result,
    coalesce(substr(payload, 1, :head), (
        select substr(queuetui_job_blob.payload, 1, :head) from queuetui_job_blob where queuetui_job_blob.id = jobs.id
    )) as payload,
    coalesce(length(payload), (
        select length(queuetui_job_blob.payload) from queuetui_job_blob where queuetui_job_blob.id = jobs.id
    )) as payload_size
from (
    select * from (
        (select
            id, due_at, created_at, updated_at, cancel_requested_at, claimed_at, started_at, priority, rev, attempts, max_attempts,
            lost, state, queue, type, name, worker_id, correlation_id, key, tags, needs, context, progress, error_class, error_message,
            error_traceback, payload, null::timestamptz as done_at, lease_id, null::bytea as result
        from queuetui_job order by id desc limit :most)
        union all
        (select
            id, due_at, created_at, updated_at, cancel_requested_at, claimed_at, started_at, priority, rev, attempts, max_attempts,
            lost, state, queue, type, name, worker_id, correlation_id, key, tags, needs, context, progress, error_class, error_message,
            error_traceback, payload, done_at, null::uuid as lease_id, result
        from queuetui_job_done order by id desc limit :most)
    ) as merged order by id desc limit :most
) as jobs
order by id desc;

-- block snapshot_total
select count(*) as jobs from (
    (select id from queuetui_job limit :most)
    union all
    (select id from queuetui_job_done limit :most)
    limit :most
) as counted;

-- block snapshot_counts
select
    value as name,
    (select count(*) from (
        select 1 from queuetui_job where queue = names.value and state = 0 and state in (0, 3) limit :most
    ) as counted) as scheduled,
    (select count(*) from (select 1 from queuetui_job where queue = names.value and state = 1 limit :most) as counted) as pending,
    (select count(*) from (select 1 from queuetui_job where queue = names.value and state = 2 limit :most) as counted) as processing,
    (select count(*) from (
        select 1 from queuetui_job where queue = names.value and state = 3 and state in (0, 3) limit :most
    ) as counted) as retrying,
    (select count(*) from (select 1 from queuetui_job_done where queue = names.value and state = 5 limit :most) as counted) as completed,
    (select count(*) from (select 1 from queuetui_job_done where queue = names.value and state = 6 limit :most) as counted) as failed,
    (select count(*) from (select 1 from queuetui_job_done where queue = names.value and state = 7 limit :most) as counted) as cancelled
from jsonb_array_elements_text(:names::jsonb) as names (value);

-- block snapshot_stuck_runs
select queue as name, count(*) as stuck from (
    select queue from queuetui_job as job
    where state = 2 and (
        not exists (select 1 from queuetui_lease as lease where lease.id = job.lease_id and lease.until >= :at)
        or coalesce(started_at, claimed_at) < :late
    )
    limit :most
) as stuck group by queue;

-- Each state is counted up to the cap.
-- block snapshot_stuck_waits
select
    value as name,
    (select count(*) from (
        select 1 from queuetui_job where state = 1 and queue = names.value and due_at < :late limit :most
    ) as counted) + (select count(*) from (
        select 1 from queuetui_job where state = 0 and state in (0, 3) and queue = names.value and due_at < :late limit :most
    ) as counted) + (select count(*) from (
        select 1 from queuetui_job where state = 3 and state in (0, 3) and queue = names.value and due_at < :late limit :most
    ) as counted) as stuck
from jsonb_array_elements_text(:names::jsonb) as names (value);

-- The due time of the first job of each priority, and of the first due job of each put-off state.
-- block snapshot_oldest
with recursive levels(name, priority) as (
    select value, (select max(priority) from queuetui_job where state = 1 and queue = names.value)
    from jsonb_array_elements_text(:names::jsonb) as names (value)
    union all
    select name, (
        select max(job.priority) from queuetui_job as job
        where job.state = 1 and job.queue = levels.name and job.priority < levels.priority
    ) from levels where levels.priority is not null
)
select name, due_at from (
    select name, (
        select min(job.due_at) from queuetui_job as job
        where job.state = 1 and job.queue = levels.name and job.priority = levels.priority
    ) as due_at
    from levels where priority is not null limit :most
) as pending
union all
select value, (
    select min(due_at) from queuetui_job where state = 0 and state in (0, 3) and queue = names.value and due_at <= :at
) from jsonb_array_elements_text(:names::jsonb) as names (value)
union all
select value, (
    select min(due_at) from queuetui_job where state = 3 and state in (0, 3) and queue = names.value and due_at <= :at
) from jsonb_array_elements_text(:names::jsonb) as names (value);

-- block snapshot_tally
select
    minute, queue,
    sum(
        took_00 + took_01 + took_02 + took_03 + took_04 + took_05 + took_06 + took_07 + took_08 + took_09 + took_10 + took_11 + took_12
        + took_13 + took_14 + took_15 + took_16 + took_17 + took_18 + took_19 + took_20 + took_21 + took_22 + took_23
    ) as runs,
    sum(enqueued) as enqueued, sum(started) as started, sum(completed) as completed, sum(failed) as failed, sum(retried) as retried,
    sum(lost) as lost, sum(busy_us) as busy_us
from queuetui_tally where minute > :since group by minute, queue;
