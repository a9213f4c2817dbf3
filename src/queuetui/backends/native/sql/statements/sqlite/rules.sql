-- Claims of queues that have rules, or jobs that need tags. One transaction at a time claims from such a queue: it holds the queue's row.
-- block is_ruled
select q.ruled from queuetui_lease l join queuetui_queue q on q.name = l.queue where l.id = :lease_id;

-- block lock_rules
select paused_at is not null, ruled, rules, begun from queuetui_queue where name = :queue;

-- block count_running
select type, count(*) from queuetui_job where queue = :queue and state = 2 group by type;

-- block worker_tags
select tags from queuetui_worker where id = :worker_id;

-- block next_level
select priority from queuetui_job
where queue = :queue and state = 1 and priority <= :at_most order by priority desc limit 1;

-- The jobs of one priority after a given one, in claim order.
-- block read_level
select id, type, needs, lost, priority, due_at from queuetui_job
where queue = :queue and state = 1 and priority = :priority and due_at >= :due_at and (due_at > :due_at or id > :id)
    and length(id) = 16
order by due_at, id
limit :limit;

-- The rows with the values that they get when claimed.
-- block take_chosen
select
    id, min(fence, 9223372036854775806) + 1, type, queue,
    case when blob then (select b.payload from queuetui_job_blob b where b.id = queuetui_job.id) else payload end, name, priority,
    attempts, max_attempts, lost, correlation_id, tags, timeout_ms, created_at, due_at, cancel_requested_at, context
from queuetui_job
where id = :id and state = 1;

-- block claim_chosen
update queuetui_job set
    state = 2, lease_id = :lease_id, worker_id = :worker_id, fence = min(fence, 9223372036854775806) + 1, rev = min(rev, 9223372036854775806) + 1, claimed_at = :now, updated_at = :now,
    started_at = null, progress = null, claimed_alone = :alone
where id = :id;

-- block log_chosen
insert into queuetui_event (at, kind, queue, job_id, worker_id, correlation_id, attempt, fence)
select claimed_at, 2, queue, id, worker_id, correlation_id, min(attempts, 9223372036854775806) + 1, fence from queuetui_job where id = :id;

-- block write_begun
update queuetui_queue set begun = :begun where name = :queue;

-- block list_rules
select name, rules, begun from queuetui_queue where ruled and rules is not null order by name limit :limit;

-- From the first job with tags on, the claims of a queue always check tags.
-- block is_needy
select needy from queuetui_queue where name = :queue;

-- block make_needy
insert into queuetui_queue (name, ruled, needy) values (:queue, 1, 1) on conflict (name) do update set ruled = 1, needy = 1;

-- block write_rules
update queuetui_queue set ruled = needy or :ruled, rules = :rules, begun = :begun where name = :queue;

-- Inserts the queue's row, if it is missing.
-- block add_queue
insert into queuetui_queue (name) values (:queue) on conflict (name) do nothing;
