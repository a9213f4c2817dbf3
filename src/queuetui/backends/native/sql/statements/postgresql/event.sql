-- The event log, written in the transaction of the change that it logs, for queues whose events are on. Kinds are numbered in the order
-- of model/event.py. An event of a job is written before the job's row changes.
-- The event of a job's creation has no correlation id where that is the job's own id.
-- Rare events are notified to listeners of the log; claims and completions are found by polling.
-- block logs_events
select coalesce((select events from queuetui_queue where name = :queue), true);

-- The jobs of one queue and type that `copy_jobs` has written, which were due at once. A lookup of each would double the cost.
-- block log_copied
insert into queuetui_event (at, kind, queue, job_id, correlation_id, moment, detail)
select clock.now, 0, :queue, given.id, given.correlation_id, clock.now, :type
from unnest(:ids::uuid[], :correlation_ids::text[]) as given (id, correlation_id), (select clock_timestamp() as now) as clock;

-- block log_live
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment, actor, detail)
select
    clock_timestamp(), :kind::smallint, j.queue, j.id, case when j.state = 2 then j.worker_id end, j.correlation_id,
    case when j.state = 2 then least(j.attempts, 2147483646) + 1 end, case when j.state = 2 then j.fence end,
    coalesce(
        :at::timestamptz, clock_timestamp() + :delay_us::bigint * interval '1 microsecond', j.started_at,
        clock_timestamp() - :took_us::bigint * interval '1 microsecond'
    ),
    :actor::text, :detail::text
from queuetui_job j
where j.id = :id and coalesce((select q.events from queuetui_queue q where q.name = j.queue), true)
returning pg_notify('queuetui_told', '');

-- block log_final
insert into queuetui_event (at, kind, queue, job_id, correlation_id, moment, actor)
select
    clock_timestamp(), :kind::smallint, d.queue, d.id, d.correlation_id,
    clock_timestamp() + :delay_us::bigint * interval '1 microsecond', :actor::text
from queuetui_job_done d
where d.id = :id and coalesce((select q.events from queuetui_queue q where q.name = d.queue), true)
returning pg_notify('queuetui_told', '');

-- block log_started
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment)
select
    clock_timestamp(), 3, j.queue, j.id, j.worker_id, j.correlation_id, least(j.attempts, 2147483646) + 1, j.fence,
    clock_timestamp() - :running_us * interval '1 microsecond'
from queuetui_job j
where j.id = :id and j.fence = :fence and (j.lease_id = :lease_id) is true and j.started_at is null
    and coalesce((select q.events from queuetui_queue q where q.name = j.queue), true)
returning pg_notify('queuetui_told', '');

-- block log_progress
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment, detail)
select clock_timestamp(), 4, j.queue, j.id, j.worker_id, j.correlation_id, least(j.attempts, 2147483646) + 1, j.fence, j.started_at, :progress::text
from queuetui_job j
where j.id = :id and j.fence = :fence and (j.lease_id = :lease_id) is true and j.progress is distinct from :progress::text
    and coalesce((select q.events from queuetui_queue q where q.name = j.queue), true)
returning pg_notify('queuetui_told', '');

-- block log_queue
insert into queuetui_event (at, kind, queue, actor)
select clock_timestamp(), :kind::smallint, :queue, :actor
where coalesce((select events from queuetui_queue where name = :queue), true)
returning pg_notify('queuetui_told', '');

-- block log_switch
insert into queuetui_event (at, kind, queue, actor) values (clock_timestamp(), :kind::smallint, :queue, :actor)
returning pg_notify('queuetui_told', '');

-- block log_worker
insert into queuetui_event (at, kind, worker_id, actor, detail)
values (clock_timestamp(), :kind::smallint, :worker_id, :actor::text, :detail::text)
returning pg_notify('queuetui_told', '');

-- block log_lost_worker
insert into queuetui_event (at, kind, queue, worker_id)
select clock_timestamp(), 16, queue, worker_id from queuetui_lease where id = :lease_id
returning pg_notify('queuetui_told', '');

-- block switch_events
insert into queuetui_queue (name, events) values (:name, :events) on conflict (name) do update set events = excluded.events;

-- Events past their retention: whole days are dropped with their partition, the oldest of the rest are deleted row by row.
-- block list_days
select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'queuetui_event'::regclass and c.relname like 'queuetui\_event\_d%' order by c.relname;

-- All days of a transaction are computed from one moment, otherwise a partition would span two days at midnight.
-- block read_day
select to_char(transaction_timestamp() at time zone 'utc' + :days * interval '1 day', 'YYYYMMDD');

-- block find_stray
select seq from queuetui_event_rest where at >= :day::timestamptz and at < :day::timestamptz + interval '1 day' limit 1;

-- block prune_events
delete from queuetui_event e using (select seq, at from queuetui_event order by seq limit :limit) as oldest
where e.seq = oldest.seq and e.at = oldest.at and oldest.at < clock_timestamp() - :kept_us * interval '1 microsecond';

-- block prune_act_rows
delete from queuetui_act_row r using (
    select act_row.act_id, act_row.job_id from queuetui_act a join queuetui_act_row act_row on act_row.act_id = a.id
    where a.at < clock_timestamp() - :kept_us * interval '1 microsecond' order by a.at limit :limit
) as old where r.act_id = old.act_id and r.job_id = old.job_id;

-- block prune_acts
delete from queuetui_act where id = any(array(
    select a.id from queuetui_act a
    where a.at < clock_timestamp() - :kept_us * interval '1 microsecond'
        and not exists (select from queuetui_act_row r where r.act_id = a.id)
    order by a.at limit :limit
));
