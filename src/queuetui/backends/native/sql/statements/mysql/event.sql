-- The event log, written in the transaction of the change that it logs, for queues whose events are on. Kinds are numbered in the order
-- of model/event.py. An event of a job is written before the job's row changes.
-- The event of a job's creation has no correlation id where that is the job's own id.
-- block logs_events
select coalesce((select events from queuetui_queue where name = :queue), true);

-- block log_created
insert into queuetui_event (at, kind, queue, job_id, correlation_id, moment, detail)
select
    created_at, 0, queue, id,
    nullif(correlation_id, insert(insert(insert(insert(lower(hex(id)), 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-')), due_at, type
from queuetui_job where id in :ids order by id;

-- block log_claimed
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence)
select claimed_at, 2, queue, id, worker_id, correlation_id, least(attempts, 2147483646) + 1, fence from queuetui_job where id in :ids;

-- block log_completed
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment)
select done_at, 5, queue, id, worker_id, correlation_id, attempts, fence, started_at from queuetui_job_done where id in :ids;

-- block log_promoted
insert into queuetui_event (at, kind, queue, job_id, correlation_id)
select :now, 1, j.queue, j.id, j.correlation_id from queuetui_job j
where j.id in :ids and coalesce((select q.events from queuetui_queue q where q.name = j.queue), true);

-- block log_live
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment, actor, detail)
select
    :now, :kind, j.queue, j.id, case when j.state = 2 then j.worker_id end, j.correlation_id,
    case when j.state = 2 then least(j.attempts, 2147483646) + 1 end, case when j.state = 2 then j.fence end,
    coalesce(:at, :now + cast(:delay_us as signed), j.started_at, :now - cast(:took_us as signed)), :actor, :detail
from queuetui_job j
where j.id = :id and coalesce((select q.events from queuetui_queue q where q.name = j.queue), true);

-- block log_final
insert into queuetui_event (at, kind, queue, job_id, correlation_id, moment, actor)
select :now, :kind, d.queue, d.id, d.correlation_id, :now + cast(:delay_us as signed), :actor
from queuetui_job_done d
where d.id = :id and coalesce((select q.events from queuetui_queue q where q.name = d.queue), true);

-- block log_started
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment)
select :now, 3, j.queue, j.id, j.worker_id, j.correlation_id, least(j.attempts, 2147483646) + 1, j.fence, :now - :running_us
from queuetui_job j
where j.id = :id and j.fence = :fence and j.lease_id = :lease_id and j.started_at is null
    and coalesce((select q.events from queuetui_queue q where q.name = j.queue), true);

-- block log_progress
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence, moment, detail)
select :now, 4, j.queue, j.id, j.worker_id, j.correlation_id, least(j.attempts, 2147483646) + 1, j.fence, j.started_at, :progress
from queuetui_job j
where j.id = :id and j.fence = :fence and j.lease_id = :lease_id and not (j.progress <=> :progress)
    and coalesce((select q.events from queuetui_queue q where q.name = j.queue), true);

-- block log_queue
insert into queuetui_event (at, kind, queue, actor)
select :now, :kind, :queue, :actor from dual where coalesce((select events from queuetui_queue where name = :queue), true);

-- block log_switch
insert into queuetui_event (at, kind, queue, actor) values (:now, :kind, :queue, :actor);

-- block log_worker
insert into queuetui_event (at, kind, worker_id, actor, detail) values (:now, :kind, :worker_id, :actor, :detail);

-- block log_lost_worker
insert into queuetui_event (at, kind, queue, worker_id) select :now, 16, queue, worker_id from queuetui_lease where id = :lease_id;

-- block switch_events
insert into queuetui_queue (name, events) values (:name, :events) on duplicate key update events = values(events);

-- Events past their retention or beyond the limit. The few to delete are selected first and joined: a subquery would run for each row.
-- block prune_events
delete e from (
    select oldest.seq from (select seq, at from queuetui_event order by seq limit :limit) as oldest
    where oldest.at < :now - :kept_us or oldest.seq <= (select max(newest.seq) from queuetui_event newest) - :most
) as old straight_join queuetui_event e on e.seq = old.seq;

-- block prune_act_rows
delete r from (
    select act_row.act_id, act_row.job_id
    from queuetui_act a force index (queuetui_act_at) straight_join queuetui_act_row act_row on act_row.act_id = a.id
    where a.at < :now - :kept_us order by a.at limit :limit
) as old straight_join queuetui_act_row r on r.act_id = old.act_id and r.job_id = old.job_id;

-- block prune_acts
delete gone from (
    select a.id from queuetui_act a force index (queuetui_act_at) left join queuetui_act_row r on r.act_id = a.id
    where a.at < :now - :kept_us and r.act_id is null
    order by a.at limit :limit
) as old straight_join queuetui_act gone on gone.id = old.id;
