-- block find_between
select id, rev from queuetui_job where id between :low and :high
union all
select id, rev from queuetui_job_done where id between :low and :high;
