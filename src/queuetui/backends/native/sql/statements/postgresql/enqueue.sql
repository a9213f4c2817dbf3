-- An expired key is taken over; for a held key no row is returned.
-- block hold_key
insert into queuetui_job_key as held (key, job_id) values (:key, :id)
on conflict (key) do update set job_id = excluded.job_id, expires_at = null where held.expires_at <= clock_timestamp()
returning job_id;

-- block drop_key
delete from queuetui_job_key where key = :key and job_id = :id;

-- block find_key
select job_id from queuetui_job_key where key = :key;

-- block find_job
select state from queuetui_job where id = :id
union all
select state from queuetui_job_done where id = :id
limit 1;

-- A single job, the usual case: the same as `insert_jobs` at half the cost.
-- block insert_job
with inserted as (
    insert into queuetui_job (
        id, queue, type, name, state, priority, due_at, max_attempts, created_at, updated_at, correlation_id, key, tags, needs, timeout_ms,
        context, payload, blob
    )
    select
        :id::uuid, :queue, :type, :name, case when due_at > now then 0 else 1 end, :priority::bigint, due_at, :max_attempts::integer, now, now,
        :correlation_id, :key, :tags::jsonb, :needs::jsonb, :timeout_ms::bigint, :context, :payload, :blob::boolean
    from (select clock_timestamp() as now) as clock, lateral (
        select greatest(coalesce(:at::timestamptz, now + :delay_us::bigint * interval '1 microsecond'), now) as due_at
    ) as due
    on conflict (id) do nothing
    returning id, state, queue, type, correlation_id, due_at, created_at
), created as materialized (
    select * from inserted where id <> all (queuetui_take_back(array[id], id, id))
), logged as (
    insert into queuetui_event (at, kind, queue, job_id, correlation_id, moment, detail)
    select c.created_at, 0, c.queue, c.id, nullif(c.correlation_id, c.id::text), c.due_at, c.type
    from created c where coalesce((select q.events from queuetui_queue q where q.name = c.queue), true)
), counted as (
    insert into queuetui_tally as total (minute, worker_id, queue, type, enqueued)
    select date_trunc('minute', clock_timestamp()), 'client-' || pg_backend_pid(), queue, type, 1 from created
    on conflict (minute, worker_id, queue, type) do update set enqueued = total.enqueued + 1
)
select state, case when state = 1 and length(queue) < 1000 then pg_notify('queuetui_ready', queue) end from created;

-- A client counts under its connection's id, so that no two transactions wait for the same row.
-- block insert_jobs
with clock as materialized (
    select clock_timestamp() as now
), given as (
    select g.*, greatest(coalesce(g.at, clock.now + g.delay_us * interval '1 microsecond'), clock.now) as due_at, clock.now
    from unnest(
        :ids::uuid[], :queues::text[], :types::text[], :names::text[], :priorities::bigint[], :ats::timestamptz[], :delays_us::bigint[],
        :max_attempts::integer[], :correlation_ids::text[], :keys::text[], :tags::text[], :needs::text[], :timeouts_ms::bigint[],
        :contexts::text[], :payloads::bytea[], :blobs::boolean[]
    ) as g (
        id, queue, type, name, priority, at, delay_us, max_attempts, correlation_id, key, tags, needs, timeout_ms, context, payload, blob
    ), clock
), inserted as (
    insert into queuetui_job (
        id, queue, type, name, state, priority, due_at, max_attempts, created_at, updated_at, correlation_id, key, tags, needs, timeout_ms,
        context, payload, blob
    )
    select
        id, queue, type, name, case when due_at > now then 0 else 1 end, priority, due_at, max_attempts, now, now, correlation_id, key,
        tags::jsonb, needs::jsonb, timeout_ms, context, payload, blob
    from given
    on conflict (id) do nothing
    returning id, state, queue, type, correlation_id, due_at
), resent as materialized (
    select queuetui_take_back((select array_agg(id) from inserted), :low::uuid, :high::uuid) as ids
), created as materialized (
    select i.* from inserted i, resent where i.id <> all (resent.ids)
), loud as materialized (
    select names.queue from (select distinct queue from created) as names
    where coalesce((select q.events from queuetui_queue q where q.name = names.queue), true)
), logged as (
    insert into queuetui_event (at, kind, queue, job_id, correlation_id, moment, detail)
    select clock.now, 0, c.queue, c.id, nullif(c.correlation_id, c.id::text), c.due_at, c.type
    from created c join loud on loud.queue = c.queue, clock
), counted as (
    insert into queuetui_tally as total (minute, worker_id, queue, type, enqueued)
    select date_trunc('minute', clock.now), 'client-' || pg_backend_pid(), created.queue, created.type, count(*)
    from created, clock
    group by clock.now, created.queue, created.type
    on conflict (minute, worker_id, queue, type) do update set enqueued = total.enqueued + excluded.enqueued
)
-- One row a state with the ids of its jobs, null for all given jobs. Listening workers get the notification when the
-- transaction commits; jobs of a queue with a name too long for a notification are found by polling.
select
    state, case when count(*) < :given then string_agg(id::text, ',') end,
    (
        select count(pg_notify('queuetui_ready', waiting.queue))
        from (select distinct queue from created where state = 1 and length(queue) < 1000) as waiting
    )
from created
group by state;

-- Jobs that are due now and have no other options: the table's defaults supply the rest. `count_copied` ends the enqueue.
-- block copy_jobs
copy queuetui_job (id, queue, type, priority, max_attempts, correlation_id, context, payload) from stdin;

-- block take_back
select unnest(queuetui_take_back(null, :low, :high))::text;

-- block count_copied
with counted as (
    insert into queuetui_tally as total (minute, worker_id, queue, type, enqueued)
    select date_trunc('minute', clock.now), 'client-' || pg_backend_pid(), given.queue, given.type, given.jobs
    from unnest(:queues::text[], :types::text[], :jobs::bigint[]) as given (queue, type, jobs), (select clock_timestamp() as now) as clock
    on conflict (minute, worker_id, queue, type) do update set enqueued = total.enqueued + excluded.enqueued
)
select pg_notify('queuetui_ready', waiting.queue)
from (select distinct queue from unnest(:queues::text[]) as given (queue) where length(queue) < 1000) as waiting;

-- block insert_blob
insert into queuetui_job_blob (id, payload) values (:id, :payload) on conflict (id) do nothing;
