-- A job's hash, and the one road by which it comes to another state.

local FIELDS = {
  'state', 'queue', 'type', 'priority', 'due', 'lease', 'fence', 'rev', 'attempts', 'lost', 'alone', 'claimed_alone',
  'cancel', 'key', 'worker', 'started', 'erred',
}

-- Returns what a move needs to know of a job, nil where there is none.
local function read(id)
  local values = call('HMGET', key('j', id), unpack(FIELDS))
  if not values[1] then
    return nil
  end
  local job = { id = id }
  for place, name in ipairs(FIELDS) do
    job[name] = values[place] or nil
  end
  return job
end

-- An idempotency key is listed for its end while its own job is final.
local function stamp_key(job, is_live, key_kept_us)
  if not job.key or call('GET', key('key', job.key)) ~= job.id then
    return
  end
  if is_live then
    call('ZREM', key('kx'), job.key)
  else
    call('ZADD', key('kx'), 'NX', to_text(now + key_kept_us), job.key)
  end
end

-- Takes a job to a state that is not processing, and off its lease; `due` nil keeps the time it was due.
local function move(job, state, due, key_kept_us)
  take_out(job)
  local hash = key('j', job.id)
  due = due or job.due
  if FINAL[state] then
    call('HSET', hash, 'state', state, 'rev', job.rev + 1, 'updated', now_text, 'done', now_text)
    call('HDEL', hash, 'lease', 'claimed_alone')
    put_in(job.id, job.queue, state, now_text)
  else
    call('HSET', hash, 'state', state, 'rev', job.rev + 1, 'updated', now_text, 'due', due)
    call('HDEL', hash, 'lease', 'claimed_alone', 'worker', 'claimed', 'started', 'done', 'progress')
    put_in(job.id, job.queue, state, due)
    if state == 'pending' then
      add_ready(job.queue, job.priority, due, job.id)
    end
  end
  stamp_key(job, not FINAL[state], key_kept_us)
  job.state, job.lease, job.rev, job.due = state, nil, job.rev + 1, due
end

-- Deletes a job and all that is kept with it; its key stays until it expires.
local function remove(job, key_kept_us)
  take_out(job)
  leave(key('all'), job.id)
  leave(key('tail'), string.reverse(job.id))
  call('DEL', key('j', job.id), key('p', job.id), key('o', job.id), key('a', job.id))
  stamp_key(job, false, key_kept_us)
end

-- A queue is listed while it has jobs or something was said of it; to be called after flush.
local function drop_queue_if_empty(queue)
  local places = { key('q', queue) }
  for _, state in ipairs(STATES) do
    places[#places + 1] = key('s', queue, state)
  end
  if call('EXISTS', unpack(places)) == 0 then
    call('ZREM', key('q'), queue)
  end
end
