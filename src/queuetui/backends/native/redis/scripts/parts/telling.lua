-- Logs the moves of jobs.

-- Returns the correlation id in a body that begins at an offset.
local function correlation_in(id, text, first)
  local is_own, _, _, _, correlation = struct.unpack(BODY, text, first)
  return is_own == 1 and id or correlation
end

-- Logs an event of a job before it moves, by a person where `actor` is given.
local function tell(kind, job, moment, actor, detail)
  local queue = unpack_body(job.body)
  if not is_loud(queue) then
    return
  end
  local runs = job.state == 'processing'
  if not moment and job.started > 0 then
    moment = to_text(job.started)
  end
  write_event(kind, job.id, queue, runs and job.worker or '', correlation_in(job.id, job.body, 1),
    runs and job.attempts + 1 or '', runs and to_text(job.fence) or '', moment or '', actor or '', detail or '')
end
