-- Writes the endings of runs, then claims the next jobs of the lease's queue: the heart of a worker's round.
-- keys:   the namespace's meta key
-- args:   how long a key outlives its job, lease id, how many to claim; then 12 an ending: job id, fence, ending,
--         duration or '', 1 with a result, result, 1 with an error, class, message, traceback, delay, due time or ''
-- result: 1 when the lease is valid, the ids whose ending was written, the claimed jobs (15 values each)

-- include store
-- include indexes
-- include jobs
-- include tally
-- include runs

local WIDTH = 12
local MOST_CLAIMED = 1000
local SHORT_BYTES = 64
local COUNTED = { completed = 'completed', retry = 'retried', failed = 'failed' }
local TARGETS = {
  completed = 'completed', retry = 'retrying', failed = 'failed', snoozed = 'scheduled', released = 'pending',
  cancelled = 'cancelled',
}
local CLAIMED = {
  'fence', 'type', 'queue', 'name', 'priority', 'attempts', 'max', 'lost', 'corr', 'tags', 'timeout', 'created', 'due',
  'rev',
}

local key_kept_us, lease, wanted = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local lease_valid = is_valid(lease)

local function read_ending(first)
  local ending = { id = ARGV[first], fence = ARGV[first + 1], how = ARGV[first + 2], duration = tonumber(ARGV[first + 3]) }
  if ARGV[first + 4] == '1' then
    ending.result = ARGV[first + 5]
  end
  if ARGV[first + 6] == '1' then
    ending.run_error = { class = ARGV[first + 7], message = ARGV[first + 8], traceback = ARGV[first + 9] }
  end
  ending.delay, ending.at = tonumber(ARGV[first + 10]), ARGV[first + 11]
  return ending
end

-- A short result stands with the job's fields, whose hash stays compact while none of them is long.
local function keep_result(job, result)
  if #result <= SHORT_BYTES then
    change(job, 'result', result)
  else
    call('HSET', key('o', job.id), 'result', result)
  end
end

local function set_start(job, ending)
  if ending.duration and not job.started then
    job.started = to_text(now - ending.duration)
    change(job, 'started', job.started)
  end
end

local function count(job, ending)
  local figure = COUNTED[ending.how]
  if figure then
    change(job, 'attempts', job.attempts + 1)
    set_error(job, ending.run_error)
    tally(job.queue, figure, 1)
  end
  if ending.how == 'completed' and ending.result then
    keep_result(job, ending.result)
  elseif ending.how == 'retry' or ending.how == 'failed' then
    record_attempt(job, job.fence, ending.how, ending.run_error, job.started)
  end
  if ending.duration then
    tally(job.queue, 'busy_us', ending.duration)
    tally(job.queue, 'runs', figure and 1 or 0)
  end
end

local function settle(ending)
  local job = read(ending.id)
  if not (lease_valid and job and job.lease == lease and job.fence == ending.fence) then
    record_ack_lost(job, ending.fence, ending.run_error)
    return false
  end
  set_start(job, ending)
  if ending.how == 'lost' then
    lose(job, true, key_kept_us, ending.run_error)
    return true
  end
  count(job, ending)
  local target = TARGETS[ending.how]
  if job.cancel and not FINAL[target] then
    target = 'cancelled'
  end
  local due
  if PUT_OFF[target] then
    due = ending.at ~= '' and ending.at or to_text(now + ending.delay)
  end
  move(job, target, due, key_kept_us)
  return true
end

-- Takes one job of a level; returns nil for a job that was lost before and comes when others were taken.
local function read_ready(id, taken)
  local values = call('HMGET', key('j', id), unpack(CLAIMED))
  if taken > 0 and values[8] ~= '0' then
    return nil
  end
  return values
end

-- Returns the next jobs in claim order; one that was lost before is claimed in a step of its own.
local function choose(queue)
  local chosen = {}
  while #chosen < wanted do
    local priority = call('ZREVRANGE', key('lv', queue), 0, 0)[1]
    if not priority then
      return chosen
    end
    local level = key('r', queue, priority)
    local ids = call('ZRANGE', level, 0, wanted - #chosen - 1)
    local taken, stop = 0, false
    for _, id in ipairs(ids) do
      local values = read_ready(id, #chosen)
      if not values then
        stop = true
        break
      end
      taken = taken + 1
      chosen[#chosen + 1] = { id = id, values = values }
      if values[8] ~= '0' then
        stop = true
        break
      end
    end
    if taken > 0 then
      call('ZREMRANGEBYRANK', level, 0, taken - 1)
    end
    drop_level_if_empty(queue, priority)
    if stop then
      return chosen
    end
  end
  return chosen
end

local function hold(queue, worker, one, alone)
  local fence = one.values[1] + 1
  call('HSET', key('j', one.id), 'state', 'processing', 'lease', lease, 'worker', worker, 'fence', fence, 'rev',
    one.values[14] + 1, 'claimed', now_text)
  if alone then
    call('HSET', key('j', one.id), 'claimed_alone', '1')
  end
  local both = lanes_of(queue, 'pending')
  leave(both[1], one.id)
  leave(both[2], one.id)
  put_in(one.id, queue, 'processing', now_text)
  enter(key('h', lease), now_text, one.id)
  local claimed = { one.id, to_text(fence) }
  for place = 2, 13 do
    claimed[place + 1] = one.values[place]
  end
  claimed[15] = call('GET', key('p', one.id)) or ''
  return claimed
end

local function claim()
  local worker, queue = unpack(call('HMGET', key('l', lease), 'worker', 'queue'))
  wanted = math.min(wanted, MOST_CLAIMED)
  if wanted < 1 or call('HEXISTS', key('q', queue), 'paused_at') == 1 then
    return {}
  end
  local chosen, claimed = choose(queue), {}
  for place, one in ipairs(chosen) do
    claimed[place] = hold(queue, worker, one, #chosen == 1)
  end
  if #chosen > 0 then
    tally(queue, 'started', #chosen)
  end
  return claimed
end

local accepted = {}
for first = 4, #ARGV, WIDTH do
  local ending = read_ending(first)
  if settle(ending) then
    accepted[#accepted + 1] = ending.id
  end
end
flush()
local claimed = lease_valid and claim() or {}
flush()
flush_tally()
return { lease_valid and 1 or 0, accepted, claimed }
