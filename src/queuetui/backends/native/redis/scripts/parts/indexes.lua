-- Records and the sorted sets of jobs, changed in bulk: a script collects the records to write and the members to remove and
-- to add, then calls flush.

local FINAL = { completed = true, failed = true, cancelled = true }
local PUT_OFF = { scheduled = true, retrying = true }

local records_key = key('j')
local rows, dropped, leaving, entering, levels = {}, {}, {}, {}, {}
local level_keys = {}

local function note(changes, place, value, other)
  local values = changes[place]
  if not values then
    values = {}
    changes[place] = values
  end
  values[#values + 1] = value
  values[#values + 1] = other
end

local function leave(place, member)
  note(leaving, place, member)
end

local function enter(place, score, member)
  note(entering, place, score, member)
end

local function write_row(id, record)
  rows[#rows + 1] = id
  rows[#rows + 1] = record
end

-- Each queue and priority has a sorted set of waiting jobs; a priority is listed while it has jobs, and so is its queue.
local function touch_level(queue, priority)
  local of_queue = level_keys[queue]
  if not of_queue then
    of_queue = {}
    level_keys[queue] = of_queue
  end
  local level = of_queue[priority]
  if not level then
    local text = to_text(priority)
    level = { place = key('r', queue, text), queue = queue, priority = text }
    of_queue[priority] = level
  end
  levels[level.place] = level
  level.added = 0
  return level.place
end

local function list_levels()
  for place, level in pairs(levels) do
    local size = call('ZCARD', place)
    if size == 0 then
      call('ZREM', key('lv', level.queue), level.priority)
    elseif size == level.added then
      call('ZADD', key('lv', level.queue), level.priority, level.priority)
      call('ZADD', key('q'), '0', level.queue)
    end
  end
end

local function flush()
  spread('HSET', records_key, rows)
  spread('HDEL', records_key, dropped)
  for place, members in pairs(leaving) do
    spread('ZREM', place, members)
  end
  for place, members in pairs(entering) do
    local added = spread('ZADD', place, members)
    if levels[place] then
      levels[place].added = added
    end
  end
  list_levels()
  rows, dropped, leaving, entering, levels = {}, {}, {}, {}, {}
end

-- Takes a job out of every index of the state it is in.
local function take_out(job)
  if job.state == 'pending' then
    leave(touch_level(job.queue, job.priority), job.id)
  elseif job.state == 'processing' then
    leave(key('h', job.lease), job.id)
    if job.cancel > 0 then
      call('SREM', key('c', job.lease), job.id)
    end
  else
    leave(key('s', job.queue, job.state), job.id)
    if PUT_OFF[job.state] then
      leave(key('due'), job.id)
    end
  end
end

-- Puts a job that nobody holds into the indexes of a state, by the time that the state is ordered by: due or done.
local function put_in(id, queue, priority, state, score)
  if state == 'pending' then
    enter(touch_level(queue, priority), score, id)
    return
  end
  enter(key('s', queue, state), score, id)
  if PUT_OFF[state] then
    enter(key('due'), score, id)
  end
end
