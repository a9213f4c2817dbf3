-- Writes the endings of runs, then claims the next jobs of the lease's queue: the heart of a worker's round.
-- keys:   the namespace's meta key
-- args:   how long a key outlives its job, lease id, how many to claim; then one an ending, packed as stepping.py tells
-- result: 1 when the lease is valid, the ids whose ending was not written, the claimed jobs packed one behind the other, and
--         in their order the payloads that stand apart; in how many microseconds to ask again for what
--         rules keep back: -2 when something ends, -1 for nothing kept back

-- include store
-- include packing
-- include records
-- include indexes
-- include jobs
-- include leases
-- include tally
-- include runs
-- include rules

local ENDING = '<c32BI4ddBBss'
local RESULT = '<I4c0'
local ERROR = '<I4c0I4c0I4c0'
local CLAIMED = '<c32I4I4'
local BODY_TYPE = '<BI4c0I4c0'
local MOST_CLAIMED = 1000
local SHORT_BYTES = 64
local PENDING, PROCESSING, COMPLETED = CODES.pending, CODES.processing, CODES.completed
local WAYS = { 'completed', 'retry', 'failed', 'snoozed', 'released', 'cancelled', 'lost' }
local PLAIN = 1
local COUNTED = { completed = 'completed', retry = 'retried', failed = 'failed' }
local TARGETS = {
  completed = 'completed', retry = 'retrying', failed = 'failed', snoozed = 'scheduled', released = 'pending',
  cancelled = 'cancelled',
}

local key_kept_us, lease, wanted = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local lease_valid = is_valid(lease)
local worker, queue = read_lease(lease)
local held, finished = key('h', lease), queue and key('s', queue, 'completed')
local records, counted = {}, {}

-- Counts what most jobs come to by type, in less time than tally takes; tallied when all is done.
local function count_type(job_type, figure)
  local counts = counted[job_type]
  if not counts then
    counts = {}
    counted[job_type] = counts
  end
  counts[figure] = (counts[figure] or 0) + 1
  return counts
end

-- The road of most runs: completed, without an error before it or a key. Returns the job's new record, nil for any other.
local function complete(record, fence, duration, result)
  if not record then
    return nil
  end
  local state, keyed, erred, claimed_alone, is_large, noted, rev, own_fence, attempts, lost, alone, max, priority,
    created, updated, claimed, started, cancel, _, due, own_lease, own_worker = struct.unpack(RECORD, record)
  if state ~= PROCESSING or own_lease ~= lease or own_fence ~= fence or keyed + erred > 0 or cancel > 0 then
    return nil
  end
  if started == 0 and duration >= 0 then
    started = now - duration
  end
  return struct.pack(RECORD, COMPLETED, 0, 0, claimed_alone, is_large, noted, rev + 1, fence, attempts + 1, lost, alone,
    max, priority, created, updated, claimed, started, 0, now, due, lease, own_worker) .. (result or '')
end

local function read_ending(place)
  local packed = ARGV[place]
  local id, way, fence, duration, delay, has_result, has_error, at, _, after = struct.unpack(ENDING, packed)
  local ending = { id = id, how = WAYS[way], fence = fence, duration = duration, delay = delay, at = at }
  if has_result == 1 then
    ending.result, after = struct.unpack(RESULT, packed, after)
  end
  if has_error == 1 then
    local class, message, traceback = struct.unpack(ERROR, packed, after)
    ending.run_error = { class = class, message = message, traceback = traceback }
  end
  return ending
end

-- A short result stands in the record.
local function keep_result(job, result)
  if #result <= SHORT_BYTES then
    job.result = result
  else
    call('HSET', key('o', job.id), 'result', result)
    job.noted = 1
  end
end

local function count(job, ending)
  local figure = COUNTED[ending.how]
  if figure then
    job.attempts = job.attempts + 1
    set_error(job, ending.run_error)
    tally(job.queue, job.type, figure, 1)
  end
  if ending.how == 'completed' and ending.result then
    keep_result(job, ending.result)
  elseif ending.how == 'retry' or ending.how == 'failed' then
    record_attempt(job, job.fence, ending.how, ending.run_error, job.started)
  end
  if ending.duration >= 0 then
    tally_run(job.queue, job.type, ending.duration)
  end
end

local function settle(ending, job)
  if not (lease_valid and job and job.state == 'processing' and job.lease == lease and job.fence == ending.fence) then
    record_ack_lost(job, ending.fence, ending.run_error)
    return false
  end
  if ending.duration >= 0 and job.started == 0 then
    job.started = now - ending.duration
  end
  look_into(job)
  if ending.how == 'lost' then
    lose(job, true, key_kept_us, ending.run_error)
    return true
  end
  count(job, ending)
  local target = TARGETS[ending.how]
  if job.cancel > 0 and not FINAL[target] then
    target = 'cancelled'
  end
  local due
  if PUT_OFF[target] then
    due = ending.at ~= '' and ending.at or to_text(now + ending.delay)
  end
  move(job, target, due, key_kept_us)
  return true
end

local function finish()
  local ids, refused = {}, {}
  for place = 4, #ARGV do
    ids[place - 3] = string.sub(ARGV[place], 1, 32)
  end
  local read = read_fields(records_key, ids)
  for place, id in ipairs(ids) do
    local record = records[id] or read[place]
    local _, way, fence, duration, _, has_result, _, _, job_type, after = struct.unpack(ENDING, ARGV[place + 3])
    local result = has_result == 1 and struct.unpack(RESULT, ARGV[place + 3], after) or nil
    local is_plain = lease_valid and way == PLAIN and jobs[id] == nil and (not result or #result <= SHORT_BYTES)
    local ended = is_plain and complete(record, fence, duration, result)
    if ended then
      records[id] = ended
      write_row(id, ended)
      leave(held, id)
      enter(finished, now_text, id)
      local counts = count_type(job_type, 'completed')
      if duration >= 0 then
        local bucket = bucket_of(duration)
        counts.busy_us, counts[bucket] = (counts.busy_us or 0) + duration, (counts[bucket] or 0) + 1
      end
    elseif not settle(read_ending(place + 3), open_job(id, record)) then
      refused[#refused + 1] = id
    end
  end
  return refused
end

-- Returns the next jobs in claim order; one that was lost before is claimed in a step of its own.
local function choose()
  local chosen, found = {}, {}
  while #chosen < wanted do
    local priority = call('ZREVRANGE', key('lv', queue), 0, 0)[1]
    if not priority then
      break
    end
    local level = key('r', queue, priority)
    local ids = call('ZRANGE', level, 0, wanted - #chosen - 1)
    local taken, stop = 0, false
    for place, record in ipairs(read_fields(records_key, ids)) do
      local lost = select(10, struct.unpack(RECORD, record))
      if lost > 0 and #chosen > 0 then
        stop = true
        break
      end
      taken = taken + 1
      chosen[#chosen + 1], found[#found + 1] = ids[place], record
      if lost > 0 then
        stop = true
        break
      end
    end
    if taken > 0 then
      call('ZREMRANGEBYRANK', level, 0, taken - 1)
    end
    if call('EXISTS', level) == 0 then
      call('ZREM', key('lv', queue), priority)
    end
    if stop then
      break
    end
  end
  return chosen, found
end

local function hold(id, record, is_alone)
  local _, keyed, erred, _, is_large, noted, rev, fence, attempts, lost, alone, max, priority, created, updated, _, _,
    cancel, done, due, _, _, after = struct.unpack(RECORD, record)
  local claimed = struct.pack(RECORD, PROCESSING, keyed, erred, is_alone, is_large, noted, rev + 1, fence + 1, attempts,
    lost, alone, max, priority, created, updated, now, 0, cancel, done, due, lease, worker) .. string.sub(record, after)
  write_row(id, claimed)
  enter(held, now_text, id)
  return claimed, is_large == 1
end

local function claim()
  wanted = math.min(wanted, MOST_CLAIMED)
  if not lease_valid or wanted < 1 or is_held_off() then
    return '', {}, -1
  end
  local paused, rules, needy = unpack(call('HMGET', key('q', queue), 'paused_at', 'rules', 'needy'))
  if paused then
    return '', {}, -1
  end
  local ids, found, again = {}, {}, -1
  if rules or needy then
    ids, found, again = choose_by_rules(queue, worker, lease, wanted, rules)
  else
    ids, found = choose()
  end
  local bodies, payloads, packed = read_fields(bodies_key, ids), {}, {}
  local is_alone = #ids == 1 and 1 or 0
  for place, id in ipairs(ids) do
    local record, is_apart = hold(id, found[place], is_alone)
    packed[place] = struct.pack(CLAIMED, id, #record, #bodies[place]) .. record .. bodies[place]
    if is_apart then
      payloads[#payloads + 1] = call('GET', key('p', id)) or ''
    end
    local _, _, job_type = struct.unpack(BODY_TYPE, bodies[place])
    count_type(job_type, 'started')
  end
  return table.concat(packed), payloads, again
end

local refused = finish()
flush()
local claimed, payloads, again = claim()
flush()
for job_type, counts in pairs(counted) do
  for figure, number in pairs(counts) do
    tally(queue, job_type, figure, number)
  end
end
flush_tally()
return { lease_valid and 1 or 0, refused, claimed, payloads, again }
