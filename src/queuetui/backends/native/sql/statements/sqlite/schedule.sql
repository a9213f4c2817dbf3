-- The columns of a schedule are in the order of `schedule_rows.py`.
-- block list_schedules
select
    s.spec, s.rev, s.next_at, s.declared, s.paused_at, s.paused_by, s.last_slot_at, s.last_job_id,
    coalesce(
        (select state from queuetui_job where id = s.last_job_id),
        (select state from queuetui_job_done where id = s.last_job_id)
    )
from queuetui_schedule s order by s.name limit :limit;

-- block due_schedules
select spec, rev, next_at, declared, paused_at, paused_by, last_slot_at, last_job_id, null
from queuetui_schedule where paused_at is null and next_at <= :now order by next_at limit :limit;

-- block next_slot
select next_at - :now from queuetui_schedule where paused_at is null order by next_at limit 1;

-- block lock_schedule
select
    spec, rev, next_at, declared, paused_at, paused_by, last_slot_at, last_job_id,
    coalesce(
        (select state from queuetui_job where id = last_job_id),
        (select state from queuetui_job_done where id = last_job_id)
    )
from queuetui_schedule where name = :name;

-- block read_clock
select :now;

-- block add_schedule
insert into queuetui_schedule (name, rev, next_at, declared, spec) values (:name, :rev, :next_at, :declared, :spec)
on conflict (name) do nothing;

-- block write_schedule
update queuetui_schedule set
    rev = :rev, next_at = :next_at, declared = :declared, paused_at = :paused_at, paused_by = :paused_by,
    last_slot_at = :last_slot_at, last_job_id = :last_job_id, spec = :spec
where name = :name;

-- block drop_schedule
delete from queuetui_schedule where name = :name;

-- block add_slot
insert into queuetui_slot (schedule, slot_at, job_id, made_at) values (:schedule, :slot_at, :job_id, :now)
on conflict (schedule, slot_at) do nothing;

-- block prune_slots
delete from queuetui_slot where rowid in (
    select rowid from queuetui_slot where made_at < :now - :kept_us order by made_at limit :limit
);
