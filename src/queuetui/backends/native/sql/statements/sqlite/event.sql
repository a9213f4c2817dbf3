-- The event log, written in the transaction of the change that it logs, for queues whose events are on. Kinds are numbered in the order
-- of model/event.py. An event of a job is written before the job's row changes.
-- The event of a job's creation has no correlation id where that is the job's own id.
-- block logs_events
select coalesce((select events from queuetui_queue where name = :queue), true);

-- block log_created
insert into queuetui_event (at, kind, queue, job_id, correlation_id, moment, detail) values (?, 0, ?, ?, ?, ?, ?);

-- The jobs that `claim_first` takes, before it does.
-- block log_claimed
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence)
select :now, 2, queue, id, :worker_id, correlation_id, min(attempts, 9223372036854775806) + 1, min(fence, 9223372036854775806) + 1
from queuetui_job
where state = 1 and queue = :queue and length(id) = 16 order by priority desc, due_at, id limit :count;

-- The runs that `finish_runs` has moved.
-- block log_completed
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment)
select :now, 5, queue, id, worker_id, correlation_id, attempts, fence, started_at from queuetui_job_done where seq > :before order by seq;

-- block log_promoted
insert into queuetui_event (at, kind, queue, job_id, correlation_id)
select :now, 1, queue, id, correlation_id
from (select id, queue, correlation_id from queuetui_job where state in (0, 3) and due_at <= :now order by due_at, id limit :limit) as due
where coalesce((select q.events from queuetui_queue q where q.name = due.queue), true);

-- block log_live
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment, actor, detail)
select
    :now, :kind, j.queue, j.id, case when j.state = 2 then j.worker_id end, j.correlation_id,
    case when j.state = 2 then min(j.attempts, 9223372036854775806) + 1 end, case when j.state = 2 then j.fence end,
    coalesce(:at, :now + :delay_us, j.started_at, :now - :took_us), :actor, :detail
from queuetui_job j
where j.id = :id and coalesce((select q.events from queuetui_queue q where q.name = j.queue), true);

-- block log_final
insert into queuetui_event (at, kind, queue, job_id, correlation_id, moment, actor)
select :now, :kind, d.queue, d.id, d.correlation_id, :now + :delay_us, :actor
from queuetui_job_done d
where d.id = :id and coalesce((select q.events from queuetui_queue q where q.name = d.queue), true);

-- block log_started
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment)
select :now, 3, j.queue, j.id, j.worker_id, j.correlation_id, min(j.attempts, 9223372036854775806) + 1, j.fence, :now - :running_us
from queuetui_job j
where j.id = :id and j.fence = :fence and j.lease_id = :lease_id and j.started_at is null
    and coalesce((select q.events from queuetui_queue q where q.name = j.queue), true);

-- block log_progress
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment, detail)
select :now, 4, j.queue, j.id, j.worker_id, j.correlation_id, min(j.attempts, 9223372036854775806) + 1, j.fence, j.started_at, :progress
from queuetui_job j
where j.id = :id and j.fence = :fence and j.lease_id = :lease_id and j.progress is not :progress
    and coalesce((select q.events from queuetui_queue q where q.name = j.queue), true);

-- block log_queue
insert into queuetui_event (at, kind, queue, actor)
select :now, :kind, :queue, :actor where coalesce((select events from queuetui_queue where name = :queue), true);

-- block log_switch
insert into queuetui_event (at, kind, queue, actor) values (:now, :kind, :queue, :actor);

-- block log_worker
insert into queuetui_event (at, kind, worker_id, actor, detail) values (:now, :kind, :worker_id, :actor, :detail);

-- block log_lost_worker
insert into queuetui_event (at, kind, queue, worker_id) select :now, 16, queue, worker_id from queuetui_lease where id = :lease_id;

-- block switch_events
insert into queuetui_queue (name, events) values (:name, :events) on conflict (name) do update set events = excluded.events;

-- Events past their retention or beyond the limit.
-- block prune_events
delete from queuetui_event where seq in (
    select seq from (select seq, at from queuetui_event order by seq limit :limit) as oldest
    where at < :now - :kept_us or seq <= (select max(seq) from queuetui_event) - :most
);

-- block prune_act_rows
delete from queuetui_act_row where rowid in (
    select act_row.rowid from queuetui_act a join queuetui_act_row act_row on act_row.act_id = a.id
    where a.at < :now - :kept_us order by a.at limit :limit
);

-- block prune_acts
delete from queuetui_act where id in (
    select a.id from queuetui_act a
    where a.at < :now - :kept_us and not exists (select 1 from queuetui_act_row r where r.act_id = a.id)
    order by a.at limit :limit
);
