-- How moves of jobs are told.

-- Returns where a correlation id is read from: = for one that is the job's own id, else the body's head.
local function head_of_body(body)
  local is_own, _, _, _, head = struct.unpack(BODY, body)
  return is_own == 1 and '=' or head
end

-- Tells of a job as it still stands, by a person where `actor` is given.
local function tell(kind, job, moment, actor, detail)
  local body = not (job.queue and not is_loud(job.queue)) and call('HGET', key('b'), job.id)
  local queue = body and unpack_body(body)
  if not body or not is_loud(queue) then
    return
  end
  local runs = job.state == 'processing'
  if not moment and job.started > 0 then
    moment = to_text(job.started)
  end
  write_event(kind, job.id, queue, runs and job.worker or '', head_of_body(body), runs and job.attempts + 1 or '',
    runs and to_text(job.fence) or '', moment or '', actor or '', detail or '')
end
