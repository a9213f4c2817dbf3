-- A job's hash, and the one road by which it comes to another state.

-- A lease and the field `claimed_alone` stay behind in a final job and mean nothing there. `updated` is written only where
-- no other time is: readers take the latest of all.

-- Returns what a move needs to know of a job, nil where there is none; an absent field is false.
local function read(id)
  local found = call('HMGET', key('j', id), 'state', 'queue', 'type', 'priority', 'due', 'fence', 'rev', 'attempts',
    'lost', 'alone', 'lease', 'worker', 'key', 'started', 'claimed_alone', 'cancel', 'erred')
  if not found[1] then
    return nil
  end
  return {
    id = id, state = found[1], queue = found[2], type = found[3], priority = found[4], due = found[5],
    fence = found[6], rev = found[7], attempts = found[8], lost = found[9], alone = found[10],
    lease = found[1] == 'processing' and found[11], worker = found[12], key = found[13], started = found[14],
    claimed_alone = found[15], cancel = found[16], erred = found[17], changes = {},
  }
end

-- Notes a field to be written with the job's move.
local function change(job, field, value)
  local changes = job.changes
  changes[#changes + 1] = field
  changes[#changes + 1] = value
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

-- Takes a job to a state that is not processing, off its lease, and writes what was noted; `due` nil keeps its due time.
local function move(job, state, due, key_kept_us)
  take_out(job)
  local hash = key('j', job.id)
  local rev = job.rev + 1
  change(job, 'state', state)
  change(job, 'rev', rev)
  if FINAL[state] then
    change(job, 'done', now_text)
    call('HSET', hash, unpack(job.changes))
    put_in(job.id, job.queue, state, now_text)
  else
    due = due or job.due
    change(job, 'due', due)
    change(job, 'updated', now_text)
    call('HSET', hash, unpack(job.changes))
    call('HDEL', hash, 'claimed_alone', 'worker', 'claimed', 'started', 'done', 'progress')
    put_in(job.id, job.queue, state, due)
    if state == 'pending' then
      add_ready(job.queue, job.priority, due, job.id)
    end
  end
  stamp_key(job, not FINAL[state], key_kept_us)
  job.state, job.lease, job.rev, job.changes = state, false, rev, {}
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
