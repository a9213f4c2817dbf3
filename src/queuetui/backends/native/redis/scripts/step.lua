-- Writes the endings of runs, then claims the next jobs of the lease's queue.
-- keys:   the namespace's meta key
-- args:   how long a key outlives its job, lease id, how many to claim; then one an ending, packed as step.py tells
-- result: 1 when the lease is valid, the ids whose ending was not written, the claimed jobs packed one behind the other, and
--         in their order the payloads that stand apart; in how many microseconds to ask again for what rules keep back:
--         -2 when something ends, -1 for nothing kept back, -3 for rules and -4 for jobs that cannot be read

-- include store
-- include packing
-- include events
-- include telling
-- include leases
-- include tally
-- include sound

local ENDING = '<c32BI4ddBBss'
local RESULT = '<I4c0'
local CLAIMED = '<c32I4'
local MOST_CLAIMED = 1000
local MOST_PASSED = 1000
local SHORT_BYTES = 64
local PROCESSING, COMPLETED = 3, 5
local PLAIN = 1
local NOTHING_KEPT_BACK, UNREADABLE_JOBS = -1, -4

local key_kept_us, lease, wanted = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local lease_valid = is_valid(lease)
local worker, queue = read_lease(lease)
local held, finished = key('h', lease), queue and key('s', queue, 'completed')
local records_key, records, counted = key('j'), {}, {}

-- Counts completed runs by type at less cost than `tally`; the sums are added to the tally at the end.
local function count_type(job_type, figure)
  local counts = counted[job_type]
  if not counts then
    counts = {}
    counted[job_type] = counts
  end
  counts[figure] = (counts[figure] or 0) + 1
  return counts
end

-- The fast path of most runs: completed, without an earlier error or a key. Returns the job's new record, nil for any other run.
local function complete(record, fence, duration, result)
  if not record then
    return nil
  end
  local is_record, state, keyed, erred, claimed_alone, is_large, noted, rev, own_fence, attempts, lost, alone, max, priority,
    created, updated, claimed, started, cancel, _, due, own_lease, own_worker, _, after =
    pcall(struct.unpack, RECORD, record)
  if not is_record or state ~= PROCESSING or own_lease ~= lease or own_fence ~= fence or keyed + erred > 0 or cancel > 0 then
    return nil
  end
  if started == 0 and duration >= 0 then
    started = now - duration
  end
  return struct.pack(WHOLE_RECORD, COMPLETED, 0, 0, claimed_alone, is_large, noted, rev + 1, fence, attempts + 1, lost, alone,
    max, priority, created, updated, claimed, started, 0, now, due, lease, own_worker, #result, result,
    string.sub(record, after))
end

-- Logs a run by its record, which does or does not count the current attempt.
local function tell_record(kind, id, record, uncounted)
  local _, _, _, _, _, _, _, fence, attempts, _, _, _, _, _, _, _, started, _, _, _, _, _, _, after = struct.unpack(RECORD, record)
  write_event(kind, id, queue, worker, correlation_in(id, record, after), attempts + uncounted, to_text(fence),
    started > 0 and to_text(started) or '', '', '')
end

-- The path of every other ending. Its parts are made on demand, as nearly no step needs them.
local function make_road()
-- include records
-- include indexes
-- include jobs
-- include runs

local ERROR = '<I4c0I4c0I4c0'
local WAYS = { 'completed', 'retry', 'failed', 'snoozed', 'released', 'cancelled', 'lost' }
local COUNTED = { completed = 'completed', retry = 'retried', failed = 'failed' }
local TARGETS = {
  completed = 'completed', retry = 'retrying', failed = 'failed', snoozed = 'scheduled', released = 'pending',
  cancelled = 'cancelled',
}

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
  local target = TARGETS[ending.how]
  if job.cancel > 0 and not FINAL[target] then
    target = 'cancelled'
  end
  local due
  if PUT_OFF[target] then
    due = ending.at ~= '' and ending.at or to_text(now + ending.delay)
  end
  local has_class = ending.run_error and (target == 'failed' or target == 'retrying' or target == 'scheduled')
  tell(target, job, due, nil, has_class and ending.run_error.class)
  count(job, ending)
  move(job, target, due, key_kept_us)
  return true
end

  return function(place, id, record)
    return settle(read_ending(place), open_job(id, record))
  end, flush
end

local function finish()
  local ids, refused, rows, ended, done = {}, {}, {}, {}, {}
  local settle, flush
  for place = 4, #ARGV do
    ids[place - 3] = string.sub(ARGV[place], 1, 32)
  end
  local read = read_fields(records_key, ids)
  for place, id in ipairs(ids) do
    local record = records[id] or read[place]
    local _, way, fence, duration, _, has_result, _, _, job_type, after = struct.unpack(ENDING, ARGV[place + 3])
    local result = has_result == 1 and struct.unpack(RESULT, ARGV[place + 3], after) or ''
    -- A job that took the other path once in this step stays on it.
    local is_plain = lease_valid and way == PLAIN and #result <= SHORT_BYTES and records[id] ~= false
    local written = is_plain and complete(record, fence, duration, result)
    if written then
      local size = #rows
      records[id] = written
      rows[size + 1], rows[size + 2] = id, written
      ended[#ended + 1] = id
      done[size + 1], done[size + 2] = now_text, id
      local counts = count_type(job_type, 'completed')
      if duration >= 0 then
        local bucket = bucket_of(duration)
        counts.busy_us, counts[bucket] = (counts.busy_us or 0) + duration, (counts[bucket] or 0) + 1
      end
      if is_loud(queue) then
        tell_record('completed', id, written, 0)
      end
    else
      if not settle then
        settle, flush = make_road()
      end
      records[id] = false
      if not settle(place + 3, id, record) then
        refused[#refused + 1] = id
      end
    end
  end
  if #rows > 0 then
    spread('HSET', records_key, rows)
    spread('ZREM', held, ended)
    spread('ZADD', finished, done)
  end
  if flush then
    flush()
  end
  return refused
end

-- Returns the function that chooses jobs of a queue with rules; made on demand, as few queues have rules.
local function make_rules()
-- include held
-- include rules

  return choose_by_rules
end

-- Takes jobs of one priority from a place on; returns the place after the jobs that are left there, and whether no more are wanted.
local function take_from(level, chosen, offset)
  local asked = wanted - #chosen.ids
  local ids = call('ZRANGE', level, offset, offset + asked - 1)
  local taken, passed, is_done = {}, 0, #ids < asked
  for place, record in ipairs(read_fields(records_key, ids)) do
    local lost, job_type = look_at(record)
    if not lost then
      passed = passed + 1
    elseif lost > 0 and #chosen.ids > 0 then
      is_done, chosen.is_full = true, true
      break
    else
      local size = #chosen.ids + 1
      taken[#taken + 1] = ids[place]
      chosen.ids[size], chosen.records[size], chosen.types[size] = ids[place], record, job_type
      if lost > 0 then
        is_done, chosen.is_full = true, true
        break
      end
    end
  end
  if passed > 0 then
    spread('ZREM', level, taken)
  elseif #taken > 0 then
    call('ZREMRANGEBYRANK', level, offset, offset + #taken - 1)
  end
  chosen.passed = chosen.passed + passed
  return offset + passed, is_done
end

-- Returns the next jobs in claim order; a job that was lost before is claimed alone in its step. An unreadable job stays
-- where it is.
local function choose()
  local chosen, place = { ids = {}, records = {}, types = {}, passed = 0, is_full = false }, 0
  while #chosen.ids < wanted and not chosen.is_full and chosen.passed < MOST_PASSED do
    local priority = call('ZREVRANGE', key('lv', queue), place, place)[1]
    if not priority then
      break
    end
    local level, offset, is_done = key('r', queue, priority), 0, false
    while #chosen.ids < wanted and not is_done and chosen.passed < MOST_PASSED do
      offset, is_done = take_from(level, chosen, offset)
    end
    if call('EXISTS', level) == 0 then
      call('ZREM', key('lv', queue), priority)
    else
      place = place + 1
    end
  end
  return chosen.ids, chosen.records, chosen.types, chosen.passed > 0 and UNREADABLE_JOBS or NOTHING_KEPT_BACK
end

local function hold(record, is_alone)
  local _, keyed, erred, _, is_large, noted, rev, fence, attempts, lost, alone, max, priority, created, updated, _, _,
    cancel, done, due, _, _, result, after = struct.unpack(RECORD, record)
  local claimed = struct.pack(WHOLE_RECORD, PROCESSING, keyed, erred, is_alone, is_large, noted, rev + 1, fence + 1, attempts,
    lost, alone, max, priority, created, updated, now, 0, cancel, done, due, lease, worker, #result, result,
    string.sub(record, after))
  return claimed, is_large == 1
end

local function claim()
  wanted = math.min(wanted, MOST_CLAIMED)
  if not lease_valid or wanted < 1 or read_hold() then
    return '', {}, NOTHING_KEPT_BACK
  end
  local paused, rules, needy = unpack(call('HMGET', key('q', queue), 'paused_at', 'rules', 'needy'))
  if paused then
    return '', {}, NOTHING_KEPT_BACK
  end
  local ids, found, types, again
  if rules or needy then
    ids, found, types, again = make_rules()(queue, worker, lease, wanted, rules)
  else
    ids, found, types, again = choose()
  end
  local payloads, packed, rows, entering = {}, {}, {}, {}
  local is_alone = #ids == 1 and 1 or 0
  for place, id in ipairs(ids) do
    local record, is_apart = hold(found[place], is_alone)
    packed[2 * place - 1], packed[2 * place] = struct.pack(CLAIMED, id, #record), record
    rows[2 * place - 1], rows[2 * place] = id, record
    entering[2 * place - 1], entering[2 * place] = now_text, id
    if is_loud(queue) then
      tell_record('claimed', id, record, 1)
    end
    if is_apart then
      payloads[#payloads + 1] = call('GET', key('p', id)) or ''
    end
    count_type(types[place], 'started')
  end
  spread('HSET', records_key, rows)
  spread('ZADD', held, entering)
  return table.concat(packed), payloads, again
end

local refused = finish()
local claimed, payloads, again = claim()
flush_events()
for job_type, counts in pairs(counted) do
  for figure, number in pairs(counts) do
    tally(queue, job_type, figure, number)
  end
end
flush_tally()
return { lease_valid and 1 or 0, refused, claimed, payloads, again }
