-- Stores new jobs, all of them or, where the server refuses the first write, none.
-- keys:   the namespace's meta key
-- args:   2 a job: its order and its body, packed as new_jobs.py tells; a third, the payload, where the order says that it
--         stands apart
-- result: 3 for each job that was there before: its place in the call from 1, the id of the job that is there, its state
--         or nil once pruned; with a leading text of digits, 1 for a job that was put off and 0 for any other

-- include store
-- include records
-- include events
-- include indexes
-- include tally

local ORDER = '<c32ddI4BsB'

local answers, states, seen, queues = {}, {}, {}, {}
local ids, bodies, known = {}, {}, {}

local function answer(place, id, state)
  answers[#answers + 1] = place
  answers[#answers + 1] = id
  answers[#answers + 1] = state
  states[place] = '0'
end

local function state_of(id)
  local record = seen[id] or call('HGET', records_key, id)
  return record and unpack_record(id, record).state
end

-- Keeps the body, and the payload where it stands apart; returns the type.
local function store_body(id, body, payload, is_keyed)
  local queue, job_type, job_key = unpack_body(body)
  bodies[#bodies + 1] = id
  bodies[#bodies + 1] = body
  if payload then
    call('SET', key('p', id), payload)
  end
  if is_keyed then
    call('SET', key('key', job_key), id)
  end
  return queue, job_type
end

local function store(id, body, payload, order)
  local _, priority, delay, max, keyed, at = struct.unpack(ORDER, order)
  local due, state = now_text, 'pending'
  if at ~= '' and tonumber(at) > now then
    due, state = at, 'scheduled'
  elseif at == '' and delay > 0 then
    due, state = to_text(now + delay), 'scheduled'
  end
  local record = struct.pack(RECORD, CODES[state], keyed, 0, 0, payload and 1 or 0, 0, 1, 0, 0, 0, 0, max, priority,
    now, now, 0, 0, 0, 0, due, '', '')
  local queue, job_type = store_body(id, body, payload, keyed == 1)
  seen[id] = record
  write_row(id, record)
  enter(key('all'), now_text, id)
  enter(key('tail'), '0', string.reverse(id))
  put_in(id, queue, priority, state, due)
  tally(queue, job_type, 'enqueued', 1)
  if is_loud(queue) then
    write_event('created', id, queue, '', head_of_body(body), '', '', due, '', job_type)
  end
  queues[queue] = queues[queue] or state == 'pending'
  return state == 'pending' and '0' or '1'
end

local function find_holder(id, body, keyed)
  if known[id] or seen[id] then
    return id
  elseif keyed == 0 then
    return nil
  end
  local _, _, job_key = unpack_body(body)
  return call('GET', key('key', job_key)) or nil
end

local places, place = {}, 1
while place <= #ARGV do
  local id = string.sub(ARGV[place], 1, 32)
  places[#places + 1], ids[#ids + 1] = place, id
  place = place + 2 + string.byte(ARGV[place], -1)
end
for number, record in ipairs(read_fields(records_key, ids)) do
  known[ids[number]] = record
end
for number, id in ipairs(ids) do
  local first = places[number]
  local _, _, _, _, keyed, _, apart = struct.unpack(ORDER, ARGV[first])
  local holder = find_holder(id, ARGV[first + 1], keyed)
  if holder then
    answer(number, holder, state_of(holder))
  else
    states[number] = store(id, ARGV[first + 1], apart == 1 and ARGV[first + 2], ARGV[first])
  end
end
spread('HSET', bodies_key, bodies)
flush()
flush_tally()
for queue, is_pending in pairs(queues) do
  if is_pending then
    -- Only a hint: a user who may not publish still enqueues, and workers find the job by looking.
    redis.pcall('PUBLISH', key('wake'), queue)
  else
    call('ZADD', key('q'), '0', queue)
  end
end
return { table.concat(states), answers }
