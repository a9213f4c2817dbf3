-- The snapshot of a console at its start and as long as nothing is filtered. Other snapshots are read through SQLAlchemy, whose import
-- takes as long as everything else before the first row; a test compares the two.

-- block snapshot_clock
select :now;

-- Finds a queue from the one before it: the server skips to the next entry of an index only from a given name.
-- block snapshot_next_live
select queue as name from queuetui_job where queue > :after order by queue limit 1;

-- block snapshot_next_done
select queue as name from queuetui_job_done where queue > :after order by queue limit 1;

-- block snapshot_switches
select name, paused_at, paused_by, events, rules from queuetui_queue limit :most;

-- Only a processing job has a lease, so the index on leases answers alone.
-- block snapshot_busy
select lease.worker_id as id, count(*) as busy, sum(lease.until < :at) as orphaned
from (select lease_id from queuetui_job where lease_id is not null limit :most) as held
join queuetui_lease as lease on lease.id = held.lease_id
group by lease.worker_id;

-- The queues with running jobs, or with runs that began or ended since a minute.
-- block snapshot_moving
select queue as name from (select queue from queuetui_job force index (queuetui_job_due) where state = 2 limit :most) as running
union
select queue from queuetui_tally where minute >= :since and started + completed + failed + retried + lost > 0;

-- block snapshot_workers
select id, host, pid, version, queues, types, tags, slots, started_at, beat_at, rss, stopping
from queuetui_worker order by beat_at desc limit :most;

-- block snapshot_page
select
    id, due_at, created_at, updated_at, cancel_requested_at, claimed_at, started_at, priority, rev, attempts, max_attempts, lost,
    state, queue, type, name, worker_id, correlation_id, `key`, tags, needs, context, progress, error_class, done_at,
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
            lost, state, queue, type, name, worker_id, correlation_id, `key`, tags, needs, context, progress, error_class, error_message,
            error_traceback, payload, cast(null as signed) as done_at, lease_id, cast(null as binary) as result
        from queuetui_job force index (primary) order by id desc limit :most)
        union all
        (select
            id, due_at, created_at, updated_at, cancel_requested_at, claimed_at, started_at, priority, rev, attempts, max_attempts,
            lost, state, queue, type, name, worker_id, correlation_id, `key`, tags, needs, context, progress, error_class, error_message,
            error_traceback, payload, done_at, cast(null as binary) as lease_id, result
        from queuetui_job_done force index (primary) order by id desc limit :most)
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

-- A derived table cannot refer to columns of the outer statement, so each queue is named.
-- block snapshot_counts
select
    :name as name,
    (select count(*) from (
        select 1 from queuetui_job where queue = :name and state = 0 limit :most
    ) as counted) as scheduled,
    (select count(*) from (select 1 from queuetui_job where queue = :name and state = 1 limit :most) as counted) as pending,
    (select count(*) from (select 1 from queuetui_job where queue = :name and state = 2 limit :most) as counted) as processing,
    (select count(*) from (
        select 1 from queuetui_job where queue = :name and state = 3 limit :most
    ) as counted) as retrying,
    (select count(*) from (select 1 from queuetui_job_done where queue = :name and state = 5 limit :most) as counted) as completed,
    (select count(*) from (select 1 from queuetui_job_done where queue = :name and state = 6 limit :most) as counted) as failed,
    (select count(*) from (select 1 from queuetui_job_done where queue = :name and state = 7 limit :most) as counted) as cancelled;

-- block snapshot_stuck_runs
select queue as name, count(*) as stuck from (
    select queue from queuetui_job as job force index (queuetui_job_due)
    where state = 2 and (
        not exists (select 1 from queuetui_lease as lease where lease.id = job.lease_id and lease.until >= :at)
        or coalesce(started_at, claimed_at) < :late
    )
    limit :most
) as stuck group by queue;

-- Each state is counted up to the cap.
-- block snapshot_stuck_waits
select
    :name as name,
    (select count(*) from (
        select 1 from queuetui_job where state = 1 and queue = :name and due_at < :late limit :most
    ) as counted) + (select count(*) from (
        select 1 from queuetui_job where state = 0 and queue = :name and due_at < :late limit :most
    ) as counted) + (select count(*) from (
        select 1 from queuetui_job where state = 3 and queue = :name and due_at < :late limit :most
    ) as counted) as stuck;

-- The highest priority of a queue below a level, with the due time of its first job; with a null priority the put-off jobs that are
-- due.
-- block snapshot_oldest
select :name as name, first.priority, first.due_at from (
    select priority, due_at from queuetui_job force index (queuetui_job_ready)
    where queue = :name and state = 1 and priority_desc > :above order by priority_desc, due_at limit 1
) as first
union all
select :name, null, min(due_at) from queuetui_job force index (queuetui_job_wait) where queue = :name and state = 0 and due_at <= :at
union all
select :name, null, min(due_at) from queuetui_job force index (queuetui_job_wait) where queue = :name and state = 3 and due_at <= :at;

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
