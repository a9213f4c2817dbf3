-- The sorted sets that a job stands in, changed in bulk: a script notes who leaves and who enters, then calls flush.

local STATES = { 'scheduled', 'pending', 'processing', 'retrying', 'completed', 'failed', 'cancelled' }
local FINAL = { completed = true, failed = true, cancelled = true }
local PUT_OFF = { scheduled = true, retrying = true }
-- Lua's stack bounds how many values one call may spread.
local SPREAD = 1000

local leaving, entering = {}, {}

local function leave(place, member)
  local members = leaving[place]
  if not members then
    members = {}
    leaving[place] = members
  end
  members[#members + 1] = member
end

local function enter(place, score, member)
  local pairs_added = entering[place]
  if not pairs_added then
    pairs_added = {}
    entering[place] = pairs_added
  end
  pairs_added[#pairs_added + 1] = score
  pairs_added[#pairs_added + 1] = member
end

local function flush_each(command, changes)
  for place, values in pairs(changes) do
    for first = 1, #values, SPREAD do
      call(command, place, unpack(values, first, math.min(first + SPREAD - 1, #values)))
    end
  end
end

local function flush()
  flush_each('ZREM', leaving)
  flush_each('ZADD', entering)
  leaving, entering = {}, {}
end

-- Jobs wait in one sorted set a queue and priority; a level is listed while it has any.
local function add_ready(queue, priority, due, id)
  call('ZADD', key('r', queue, priority), due, id)
  call('ZADD', key('lv', queue), priority, priority)
end

local function drop_level_if_empty(queue, priority)
  if call('EXISTS', key('r', queue, priority)) == 0 then
    call('ZREM', key('lv', queue), priority)
  end
end

local lanes = {}

-- Returns the two sorted sets that hold a queue's jobs of a state.
local function lanes_of(queue, state)
  local of_queue = lanes[queue]
  if not of_queue then
    of_queue = {}
    lanes[queue] = of_queue
  end
  local both = of_queue[state]
  if not both then
    both = { key('s', state), key('s', queue, state) }
    of_queue[state] = both
  end
  return both
end

-- Takes a job out of every index of the state it is in.
local function take_out(job)
  local both = lanes_of(job.queue, job.state)
  leave(both[1], job.id)
  leave(both[2], job.id)
  if job.state == 'pending' then
    call('ZREM', key('r', job.queue, job.priority), job.id)
    drop_level_if_empty(job.queue, job.priority)
  elseif PUT_OFF[job.state] then
    leave(key('due'), job.id)
  elseif job.lease then
    leave(key('h', job.lease), job.id)
    if job.cancel then
      call('SREM', key('c', job.lease), job.id)
    end
  end
end

-- Puts a job into the indexes of a state, by the time that the state is ordered by: due, claimed or done.
local function put_in(id, queue, state, score)
  local both = lanes_of(queue, state)
  enter(both[1], score, id)
  enter(both[2], score, id)
  if PUT_OFF[state] then
    enter(key('due'), score, id)
  end
end
