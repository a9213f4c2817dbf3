-- Reads the data of a console's frame at one moment.
-- keys:   the namespace's meta key
-- args:   what is wanted, as letters (Counts, Queues, Workers, Runs, Tally, Failures, Pauses
--         and other switches of the queues alone); how long a due job may wait;
--         the shortest limit of a run; how many minutes of the tally; how many failures; the first minute not known yet;
--         how long a due job may wait in an idle queue
-- result: the server's time, the number of all jobs, queues, workers, their busy counts, suspicious runs, 1 when
--         there are more runs than were looked at, minutes of the tally, failures, 1 when there are more queues than were
--         looked at, the time until which nothing is claimed or '', the keys that hold another kind of value than a queue's; a
--         part that is not wanted is empty

-- include store
-- include forgiving
-- include packing
-- include records
-- include leases
-- include held
-- include lanes
-- include reading

local MOST_WORKERS = 1000
local MOST_RUNS = 2000
local MINUTE = 60000000
local MOVING_MINUTES = 5
local MOVES = { started = true, completed = true, failed = true, retried = true, lost = true }
local HEAD = 8192

local wanted = ARGV[1]
local due_before = '(' .. to_text(now - ARGV[2])
local began_before = now - ARGV[3]
local idle_before = '(' .. to_text(now - ARGV[7])

local function wants(letter)
  return string.find(wanted, letter, 1, true) ~= nil
end

local leases = wants('C') or wants('Q') or wants('R') or wants('W')
leases = leases and read_leases() or {}

-- Returns the oldest due time of a queue's due jobs, and how many waiting jobs are due before each of two times.
local function read_waiting(name)
  local oldest, unheard, idle = false, 0, 0
  for _, state in ipairs({ 'scheduled', 'retrying' }) do
    local first = call('ZRANGE', key('s', name, state), 0, 0, 'WITHSCORES')[2]
    if first and tonumber(first) <= now and (not oldest or tonumber(first) < tonumber(oldest)) then
      oldest = first
    end
    unheard = unheard + call('ZCOUNT', key('s', name, state), '-inf', due_before)
    idle = idle + call('ZCOUNT', key('s', name, state), '-inf', idle_before)
  end
  for _, lane in ipairs(find_lanes(name, 'pending')) do
    local first = call('ZRANGE', lane, 0, 0, 'WITHSCORES')[2]
    if first and (not oldest or tonumber(first) < tonumber(oldest)) then
      oldest = first
    end
    unheard = unheard + call('ZCOUNT', lane, '-inf', due_before)
    idle = idle + call('ZCOUNT', lane, '-inf', idle_before)
  end
  return oldest, unheard, idle
end

-- Returns the queues with runs that began or ended lately.
local moved
local function read_moved()
  if not moved then
    moved = {}
    for minute = now - now % MINUTE - MOVING_MINUTES * MINUTE, now, MINUTE do
      for _, field in ipairs(call('HKEYS', key('tally', to_text(minute)))) do
        local figure, queue = string.match(field, '^(%a+)%z(.-)%z')
        if MOVES[figure] then
          moved[queue] = true
        end
      end
    end
  end
  return moved
end

-- Returns the rules of an idle queue with long due jobs, else false.
local function read_rest(name, idle, rules)
  if idle == 0 or count_jobs(find_lanes(name, 'processing', leases)) > 0 or read_moved()[name] then
    return false
  end
  return rules or ''
end

-- Returns 5 values a queue and then, where counts are wanted, the oldest due time, how many jobs wait too long for an unheard queue and
-- for an idle one, and the count by state.
local function read_queue(name)
  local stored = call('HMGET', key('q', name), 'paused_at', 'paused_by', 'events', 'rules')
  local oldest, unheard, idle = read_waiting(name)
  local row = { name, stored[1], stored[2], stored[3], read_rest(name, idle, stored[4]) }
  if wants('Q') or wants('C') then
    row[6], row[7], row[8] = oldest, unheard, idle
    for place, state in ipairs(STATES) do
      row[8 + place] = count_jobs(find_lanes(name, state, leases))
    end
  end
  return row
end

local function read_queues()
  local rows = {}
  for place, name in ipairs(list_queues()) do
    rows[place] = read_queue(name)
  end
  return rows
end

local function read_workers()
  local rows, newest = {}, call('ZREVRANGE', key('w'), 0, MOST_WORKERS - 1, 'WITHSCORES')
  for place = 1, #newest, 2 do
    rows[#rows + 1] = { newest[place], newest[place + 1], call('HGETALL', key('w', newest[place])) }
  end
  return rows
end

local function read_busy()
  local rows = {}
  for place, lease in ipairs(leases) do
    local ends, held = call('ZSCORE', key('l'), lease.id), call('ZCARD', key('h', lease.id))
    rows[place] = { lease.worker, held, (not ends or tonumber(ends) < now) and held or 0 }
  end
  return rows
end

-- Returns the ids that have been held longest under each lease, up to the limit, and 1 when there are more.
local function list_runs()
  local ids, more = {}, 0
  local share = math.max(1, math.floor(MOST_RUNS / math.max(1, #leases)))
  for _, lease in ipairs(leases) do
    local held = call('ZRANGE', key('h', lease.id), 0, share)
    if #held > share then
      held[#held], more = nil, 1
    end
    for _, id in ipairs(held) do
      ids[#ids + 1] = id
    end
  end
  return ids, more
end

-- Returns the runs that may be stuck: their lease is expired or missing, or they last longer than the shortest limit.
local function read_runs(ids)
  local rows = {}
  for place, record in ipairs(read_fields(key('j'), ids)) do
    local job = record and try_unpack(ids[place], record)
    local ends = job and call('ZSCORE', key('l'), job.lease)
    local began = job and (job.started > 0 and job.started or job.claimed)
    if job and (not ends or tonumber(ends) < now or began < began_before) then
      rows[#rows + 1] = { job.id, record, ends }
    end
  end
  return rows
end

local function read_tally()
  local rows = {}
  local first = now - now % MINUTE - (ARGV[4] - 1) * MINUTE
  for minute = math.max(first, tonumber(ARGV[6])), now, MINUTE do
    local figures = call('HGETALL', key('tally', to_text(minute)))
    if #figures > 0 then
      rows[#rows + 1] = { to_text(minute), figures }
    end
  end
  return rows
end

-- Returns the jobs of all queues that failed last.
local function read_failures(most)
  local latest, ids = {}, {}
  for _, queue in ipairs(list_queues()) do
    local found = call('ZREVRANGE', key('s', queue, 'failed'), 0, most - 1, 'WITHSCORES')
    for place = 1, #found, 2 do
      latest[#latest + 1] = { id = found[place], at = tonumber(found[place + 1]) }
    end
  end
  table.sort(latest, function(one, other)
    return one.at > other.at or (one.at == other.at and one.id > other.id)
  end)
  for place = 1, math.min(most, #latest) do
    ids[place] = latest[place].id
  end
  return read_jobs(ids, HEAD)
end

local runs, more_runs = {}, 0
if wants('R') then
  runs, more_runs = list_runs()
end
return {
  now_text,
  wants('C') and call('ZCARD', key('all')) or 0,
  (wants('Q') or wants('C') or wants('R') or wants('P')) and read_queues() or {},
  (wants('W') or wants('Q') or wants('R')) and read_workers() or {},
  (wants('W') or wants('Q') or wants('R')) and read_busy() or {},
  read_runs(runs),
  more_runs,
  wants('T') and read_tally() or {},
  wants('F') and tonumber(ARGV[5]) > 0 and read_failures(tonumber(ARGV[5])) or {},
  (wants('C') and call('ZCARD', key('q')) > MOST_QUEUES) and 1 or 0,
  read_hold() or '',
  list_odd_keys(),
}
