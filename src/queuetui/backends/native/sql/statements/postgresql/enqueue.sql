-- A key that has expired is taken over; one that is held answers with no row.
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

-- The figures of a client are counted under its connection, so that no two transactions ever wait for one row.
-- block insert_jobs
with clock as materialized (
    select clock_timestamp() as now
), given as (
    select g.*, greatest(coalesce(g.at, clock.now + g.delay_us * interval '1 microsecond'), clock.now) as due_at, clock.now
    from unnest(
        :ids::uuid[], :queues::text[], :types::text[], :names::text[], :priorities::bigint[], :ats::timestamptz[], :delays_us::bigint[],
        :max_attempts::integer[], :correlation_ids::text[], :keys::text[], :tags::text[], :needs::text[], :timeouts_ms::bigint[],
        :payloads::bytea[], :blobs::boolean[]
    ) as g (
        id, queue, type, name, priority, at, delay_us, max_attempts, correlation_id, key, tags, needs, timeout_ms, payload, blob
    ), clock
), inserted as (
    insert into queuetui_job (
        id, queue, type, name, state, priority, due_at, max_attempts, created_at, updated_at, correlation_id, key, tags, needs, timeout_ms,
        payload, blob
    )
    select
        id, queue, type, name, case when due_at > now then 0 else 1 end, priority, due_at, max_attempts, now, now, correlation_id, key,
        tags::jsonb, needs::jsonb, timeout_ms, payload, blob
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
    select clock.now, 0, c.queue, c.id, c.correlation_id, c.due_at, c.type
    from created c join loud on loud.queue = c.queue, clock
), counted as (
    insert into queuetui_tally as total (minute, worker_id, queue, type, enqueued)
    select date_trunc('minute', clock.now), 'client-' || pg_backend_pid(), created.queue, created.type, count(*)
    from created, clock
    group by clock.now, created.queue, created.type
    on conflict (minute, worker_id, queue, type) do update set enqueued = total.enqueued + excluded.enqueued
)
-- One row a state, which names its jobs unless they are all that were given. What is notified reaches listening workers when the
-- transaction commits; a name too long for a notice is found by polling.
select
    state, case when count(*) < :given then string_agg(id::text, ',') end,
    (
        select count(pg_notify('queuetui_ready', waiting.queue))
        from (select distinct queue from created where state = 1 and length(queue) < 1000) as waiting
    )
from created
group by state;

-- block insert_blob
insert into queuetui_job_blob (id, payload) values (:id, :payload) on conflict (id) do nothing;
