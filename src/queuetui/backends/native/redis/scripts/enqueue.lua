-- Stores new jobs, all of them or, where the server refuses the first write, none.
-- keys:   the namespace's meta key
-- args:   2 a job: its order and its body, packed as new_jobs.py tells; a third, the payload, where the order says that it
--         stands apart
-- result: a text with a digit a job, 1 for one that was put off and 0 for any other; then 3 for each job that was there
--         before: its place in the call from 1, the id of the job that is there, its state or nil once pruned

-- include store
-- include packing
-- include events
-- include tally

-- Every line here costs time at each enqueue, so this script does not include the parts that move jobs.

local ORDER = '<c32ddI4BsB'
local PENDING, SCHEDULED = 2, 1

local records_key = key('j')
local ids, orders, answers, states, seen = {}, {}, {}, {}, {}
local rows, born, made, lanes, levels, queues, needy = {}, {}, {}, {}, {}, {}, {}

local function enter(place, score, id)
  local lane = lanes[place]
  if not lane then
    lane = {}
    lanes[place] = lane
  end
  lane[#lane + 1] = score
  lane[#lane + 1] = id
end

local function put_in(id, queue, priority, state, due)
  if state == PENDING then
    local level = to_text(priority)
    local place = key('r', queue, level)
    levels[place] = { queue, level }
    enter(place, due, id)
  else
    enter(key('s', queue, 'scheduled'), due, id)
    enter(key('due'), due, id)
  end
  queues[queue] = math.max(queues[queue] or 0, state)
end

-- Returns the due time and the state of a new job.
local function time_of(delay, at)
  if at ~= '' and tonumber(at) > now then
    return at, SCHEDULED
  elseif at == '' and delay > 0 then
    return to_text(now + delay), SCHEDULED
  end
  return now_text, PENDING
end

-- Looks for a job with the same id or key and adds it to the result; returns whether there is one.
local function find_holder(place, id, record, job_key)
  local holder = (record or seen[id]) and id or job_key and call('GET', key('key', job_key))
  if not holder then
    return false
  end
  record = seen[holder] or call('HGET', records_key, holder)
  local count = #answers
  answers[count + 1], answers[count + 2], answers[count + 3] = place, holder, record and STATES[string.byte(record)]
  states[place] = '0'
  return true
end

local function store(place, id, record, first)
  local _, priority, delay, max, keyed, at, apart = struct.unpack(ORDER, ARGV[first])
  local body = ARGV[first + 1]
  local is_own, queue, job_type, job_key, correlation, head = struct.unpack(BODY, body)
  if find_holder(place, id, record, keyed == 1 and job_key) then
    return
  end
  local due, state = time_of(delay, at)
  record = struct.pack(WHOLE_RECORD, state, keyed, 0, 0, apart, 0, 1, 0, 0, 0, 0, max, priority, now, now, 0, 0, 0, 0, due, '',
    '', 0, '', body)
  if apart == 1 then
    call('SET', key('p', id), ARGV[first + 2])
  end
  if keyed == 1 then
    call('SET', key('key', job_key), id)
  end
  seen[id] = record
  local at_end = #rows
  rows[at_end + 1], rows[at_end + 2] = id, record
  born[at_end + 1], born[at_end + 2] = now_text, id
  made[at_end + 1], made[at_end + 2] = '0', id
  if correlation ~= '' then
    enter(key('corr', correlation), now_text, id)
  end
  put_in(id, queue, priority, state, due)
  if head ~= '' and string.find(head, '"needs"', 1, true) then
    needy[queue] = true
  end
  tally(queue, job_type, 'enqueued', 1)
  if is_loud(queue) then
    write_event('created', id, queue, '', is_own == 1 and id or correlation, '', '', due, '', job_type)
  end
  states[place] = state == SCHEDULED and '1' or '0'
end

local first = 1
while first <= #ARGV do
  local count = #ids + 1
  ids[count], orders[count] = string.sub(ARGV[first], 1, 32), first
  first = first + 2 + string.byte(ARGV[first], -1)
end
for place, record in ipairs(read_fields(records_key, ids)) do
  store(place, ids[place], record, orders[place])
end
if #rows > 0 then
  spread('HSET', records_key, rows)
  spread('ZADD', key('all'), born)
  spread('ZADD', key('ids'), made)
end
for place, members in pairs(lanes) do
  local added, level = spread('ZADD', place, members), levels[place]
  -- A priority is listed while it has jobs, and so is its queue.
  if level and call('ZCARD', place) == added then
    call('ZADD', key('lv', level[1]), level[2], level[2])
    call('ZADD', key('q'), '0', level[1])
  end
end
flush_events()
flush_tally()
-- From its first job with tags on, the claims of a queue always check tags.
for queue in pairs(needy) do
  call('HSET', key('q', queue), 'needy', '1')
end
for queue, state in pairs(queues) do
  if state == PENDING then
    -- The notification is optional: a user who may not publish can still enqueue, and workers find the job by polling.
    redis.pcall('PUBLISH', key('wake'), queue)
  else
    call('ZADD', key('q'), '0', queue)
  end
end
return { table.concat(states), answers }
