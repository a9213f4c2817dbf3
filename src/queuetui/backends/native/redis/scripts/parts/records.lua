-- Unpacks records and bodies.

local CODES = { scheduled = 1, pending = 2, processing = 3, retrying = 4, completed = 5, failed = 6, cancelled = 7 }

local function unpack_record(id, record)
  local state, keyed, erred, claimed_alone, is_large, noted, rev, fence, attempts, lost, alone, max, priority,
    created, updated, claimed, started, cancel, done, due, lease, worker, result, after = struct.unpack(RECORD, record)
  return {
    id = id, state = STATES[state], keyed = keyed, erred = erred, claimed_alone = claimed_alone, large = is_large,
    noted = noted, rev = rev, fence = fence, attempts = attempts, lost = lost, alone = alone, max = max,
    priority = priority, due = due, created = created, updated = updated, claimed = claimed, started = started,
    cancel = cancel, done = done, lease = lease, worker = worker, result = result,
    body = string.sub(record, after),
  }
end

-- Returns a record and the offset of its payload, nothing where another program has overwritten the value.
local function try_unpack(id, record)
  local is_record, job = pcall(unpack_record, id, record)
  if not is_record then
    return nil
  end
  local is_body, _, _, _, after = pcall(unpack_body, job.body)
  return is_body and job or nil, after
end

local function pack_record(job)
  return struct.pack(WHOLE_RECORD, CODES[job.state], job.keyed, job.erred, job.claimed_alone, job.large, job.noted, job.rev,
    job.fence, job.attempts, job.lost, job.alone, job.max, job.priority, job.created, job.updated, job.claimed,
    job.started, job.cancel, job.done, job.due, job.lease, job.worker, #job.result, job.result,
    job.body)
end
