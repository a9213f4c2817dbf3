-- Jobs as scripts change them, and the only function by which a job changes its state.

local jobs = {}

-- Returns a job whose record was read; nil where there is none, or none that can be read.
local function open_job(id, record)
  if jobs[id] == nil then
    local job = record and try_unpack(id, record)
    jobs[id] = job and job.state and job or false
  end
  return jobs[id] or nil
end

-- Adds the values of a job's body to those of its record.
local function look_into(job)
  if not job.type then
    local _
    job.queue, job.type, job.key, _, job.correlation = unpack_body(job.body)
  end
  return job
end

-- Returns a job, nil where there is none.
local function read(id)
  if jobs[id] == nil then
    local job = open_job(id, call('HGET', records_key, id))
    return job and look_into(job)
  end
  return jobs[id] or nil
end

local function write(job)
  job.rev = job.rev + 1
  write_row(job.id, pack_record(job))
end

-- An idempotency key is listed by its expiry while its job is final.
local function stamp_key(job, is_live, key_kept_us)
  if job.keyed == 0 or call('GET', key('key', look_into(job).key)) ~= job.id then
    return
  end
  if is_live then
    call('ZREM', key('kx'), job.key)
  else
    call('ZADD', key('kx'), 'NX', to_text(now + key_kept_us), job.key)
  end
end

-- The key of a job that never completed may be used again once the job is deleted.
local function free_key(job)
  if job.keyed ~= 0 and call('GET', key('key', look_into(job).key)) == job.id then
    call('DEL', key('key', job.key))
    call('ZREM', key('kx'), job.key)
  end
end

-- Moves a job to a state other than processing, removes it from its lease and writes it; `due` nil keeps its due time.
local function move(job, state, due, key_kept_us)
  take_out(job)
  job.state = state
  if FINAL[state] then
    job.done = now
    put_in(job.id, job.queue, job.priority, state, now_text)
  else
    job.due, job.updated = due or job.due, now
    job.claimed_alone, job.claimed, job.started, job.done, job.lease, job.worker = 0, 0, 0, 0, '', ''
    if job.noted == 1 then
      call('HDEL', key('o', job.id), 'progress')
    end
    put_in(job.id, job.queue, job.priority, state, job.due)
  end
  write(job)
  stamp_key(job, not FINAL[state], key_kept_us)
end

-- Deletes a job and the data kept with it; its idempotency key stays until it expires, unless it was released.
local function remove(job, key_kept_us)
  take_out(job)
  leave(key('all'), job.id)
  leave(key('ids'), job.id)
  if job.correlation ~= '' then
    leave(key('corr', job.correlation), job.id)
  end
  dropped[#dropped + 1] = job.id
  if job.large == 1 or job.noted == 1 or job.erred == 1 or job.fence > 0 then
    call('DEL', key('p', job.id), key('o', job.id), key('a', job.id), key('n', job.id))
  end
  stamp_key(job, false, key_kept_us)
  jobs[job.id] = false
end
