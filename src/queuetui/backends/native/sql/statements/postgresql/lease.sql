-- A worker with an older protocol than the store's gets no lease, and so no jobs.
-- block open_lease
insert into queuetui_lease (id, worker_id, queue, until)
select :lease_id, :worker_id, :queue, clock_timestamp() + :lease_us * interval '1 microsecond'
from queuetui_meta where name = 'protocol' and value = :protocol
returning until;

-- block renew_lease
update queuetui_lease set until = clock_timestamp() + :lease_us * interval '1 microsecond'
where id = :lease_id and until > clock_timestamp()
returning id;

-- block list_cancels
select id from queuetui_job
where state = 2 and queue = (select l.queue from queuetui_lease l where l.id = :lease_id) and lease_id = :lease_id and cancel_requested_at is not null;

-- block lock_lease
select worker_id from queuetui_lease where id = :lease_id and until > clock_timestamp() for update;

-- block drop_lease
delete from queuetui_lease where id = :lease_id;

-- block mark_running
update queuetui_job set
    started_at = coalesce(started_at, clock_timestamp() - :running_us * interval '1 microsecond'),
    progress = coalesce(:progress::text, progress)
where id = :id and fence = :fence and (lease_id = :lease_id) is true;

-- block take_held
select id, queue, type, key, cancel_requested_at is not null, claimed_alone, lost_alone, worker_id
from queuetui_job
where state = 2 and queue = (select l.queue from queuetui_lease l where l.id = :lease_id) and lease_id = :lease_id limit :limit for update;

-- block take_expired_leases
select id from queuetui_lease where until <= clock_timestamp() limit :limit for update skip locked;

-- Found without locks, then locked by primary key: a job that was claimed again meanwhile has another lease.
-- block take_unleased
select j.id, j.queue, j.type, j.key, j.cancel_requested_at is not null, j.claimed_alone, j.lost_alone, j.worker_id
from (
    select run.id, run.lease_id from queuetui_job run
    where run.state = 2 and (select l.queue from queuetui_lease l where l.id = run.lease_id) is null
    order by run.lease_id
    limit :limit
) as loose join queuetui_job j on j.id = any(array[loose.id])
where j.state = 2 and j.lease_id is not distinct from loose.lease_id
for update of j skip locked;
