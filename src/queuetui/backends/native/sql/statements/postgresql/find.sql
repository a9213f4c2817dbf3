-- block find_between
select found.id::text, found.rev
from unnest(:lows::uuid[], :highs::uuid[]) as span (low, high), lateral (
    select id, rev from queuetui_job where id between span.low and span.high
    union all
    select id, rev from queuetui_job_done where id between span.low and span.high
) as found;
