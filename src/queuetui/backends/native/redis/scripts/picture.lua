-- Reads all that a console's frame shows, at one moment.
-- keys:   the namespace's meta key
-- args:   what is wanted, as letters (Counts, Queues, Workers, Runs, Tally, Failures); how long a due job may wait;
--         the shortest limit of a run; how many minutes of the tally; how many failures; the first minute not known yet
-- result: the server's time, counts by state and in all, queues, workers, their busy counts, suspicious runs, 1 when
--         there are more runs than were looked at, minutes of the tally, failures; a part that is not wanted is empty

-- include store
-- include reading

local STATES = { 'scheduled', 'pending', 'processing', 'retrying', 'completed', 'failed', 'cancelled' }
local MOST_QUEUES = 500
local MOST_WORKERS = 1000
local MOST_LEASES = 5000
local MOST_RUNS = 2000
local MINUTE = 60000000
local HEAD = 8192

local wanted = ARGV[1]
local due_before = '(' .. to_text(now - ARGV[2])
local began_before = now - ARGV[3]

local function wants(letter)
  return string.find(wanted, letter, 1, true) ~= nil
end

local function read_counts()
  local counts = {}
  for place, state in ipairs(STATES) do
    counts[place] = call('ZCARD', key('s', state))
  end
  counts[#counts + 1] = call('ZCARD', key('all'))
  return counts
end

-- Returns 4 values a queue and then, where counts are wanted, the oldest due time, the overdue and the count by state.
local function read_queue(name)
  local paused = call('HMGET', key('q', name), 'paused_at', 'paused_by')
  local row = { name, paused[1], paused[2] }
  if wants('Q') or wants('C') then
    local pending = key('s', name, 'pending')
    row[4] = call('ZRANGE', pending, 0, 0, 'WITHSCORES')[2] or false
    row[5] = call('ZCOUNT', pending, '-inf', due_before)
    for place, state in ipairs(STATES) do
      row[5 + place] = call('ZCARD', key('s', name, state))
    end
  end
  return row
end

local function read_queues()
  local rows = {}
  for place, name in ipairs(call('ZRANGE', key('q'), 0, MOST_QUEUES - 1)) do
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
  for _, lease in ipairs(call('ZRANGE', key('l'), 0, MOST_LEASES - 1)) do
    rows[#rows + 1] = { call('HGET', key('l', lease), 'worker'), call('ZCARD', key('h', lease)) }
  end
  return rows
end

-- Returns the runs that may be stuck: their lease is over or missing, or they last longer than the shortest limit.
local function read_runs()
  local rows = {}
  for _, id in ipairs(call('ZRANGE', key('s', 'processing'), 0, MOST_RUNS - 1)) do
    local queue, job_type, claimed, started, lease =
      unpack(call('HMGET', key('j', id), 'queue', 'type', 'claimed', 'started', 'lease'))
    local ends = lease and call('ZSCORE', key('l'), lease)
    if not ends or tonumber(ends) < now or tonumber(started or claimed) < began_before then
      rows[#rows + 1] = { id, queue, job_type, claimed, started, ends }
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

local function read_failures()
  local rows = {}
  for place, id in ipairs(call('ZREVRANGE', key('s', 'failed'), 0, ARGV[5] - 1)) do
    rows[place] = read_job(id, HEAD)
  end
  return rows
end

return {
  now_text,
  wants('C') and read_counts() or {},
  (wants('Q') or wants('C') or wants('R')) and read_queues() or {},
  (wants('W') or wants('Q') or wants('R')) and read_workers() or {},
  wants('W') and read_busy() or {},
  wants('R') and read_runs() or {},
  call('ZCARD', key('s', 'processing')) > MOST_RUNS and 1 or 0,
  wants('T') and read_tally() or {},
  wants('F') and tonumber(ARGV[5]) > 0 and read_failures() or {},
}
