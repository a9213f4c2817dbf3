-- block find_between
select j.id, j.rev
from json_table(:spans, '$[*]' columns (low char(32) path '$[0]', high char(32) path '$[1]')) as span
straight_join queuetui_job j on j.id between unhex(span.low) and unhex(span.high)
union all
select d.id, d.rev
from json_table(:spans, '$[*]' columns (low char(32) path '$[0]', high char(32) path '$[1]')) as span
straight_join queuetui_job_done d on d.id between unhex(span.low) and unhex(span.high);
