-- Stores new jobs, all of them or, where the server refuses the first write, none.
-- keys:   the namespace's meta key
-- args:   14 a job: id, queue, type, priority, due time or '', delay, max attempts, then name, correlation id, key, tags
--         and needs, each led by = or '' for none, timeout in ms or '', payload
-- result: 3 a job: id of the job that is there now, 1 when it was made by this call, its state or nil once pruned

-- include store
-- include indexes
-- include tally

local WIDTH = 14
local OPTIONAL = { 'name', 'corr', 'key', 'tags', 'needs' }
local answers = {}

local function answer(id, created, state)
  answers[#answers + 1] = id
  answers[#answers + 1] = created
  answers[#answers + 1] = state
end

local function find_existing(id, job_key)
  local state = call('HGET', key('j', id), 'state')
  if state then
    return id, state
  end
  local holder = job_key ~= '' and call('GET', key('key', string.sub(job_key, 2)))
  if holder then
    return holder, call('HGET', key('j', holder), 'state')
  end
  return nil
end

local function store(first)
  local id, queue, job_type, priority, at, delay, max = unpack(ARGV, first, first + 6)
  local due, state = now_text, 'pending'
  if at ~= '' and tonumber(at) > now then
    due, state = at, 'scheduled'
  elseif at == '' and tonumber(delay) > 0 then
    due, state = to_text(now + delay), 'scheduled'
  end
  local fields = {
    'state', state, 'queue', queue, 'type', job_type, 'priority', priority, 'due', due, 'created', now_text,
    'updated', now_text, 'max', max, 'rev', '1', 'fence', '0', 'attempts', '0', 'lost', '0', 'alone', '0',
  }
  for place, name in ipairs(OPTIONAL) do
    local value = ARGV[first + 6 + place]
    if value ~= '' then
      fields[#fields + 1] = name
      fields[#fields + 1] = string.sub(value, 2)
    end
  end
  if ARGV[first + 12] ~= '' then
    fields[#fields + 1] = 'timeout'
    fields[#fields + 1] = ARGV[first + 12]
  end
  local payload, job_key = ARGV[first + 13], ARGV[first + 9]
  call('HSET', key('j', id), unpack(fields))
  call('SET', key('p', id), payload)
  if job_key ~= '' then
    call('SET', key('key', string.sub(job_key, 2)), id)
  end
  enter(key('all'), now_text, id)
  enter(key('tail'), '0', string.reverse(id))
  put_in(id, queue, state, due)
  if state == 'pending' then
    add_ready(queue, priority, due, id)
  end
  tally(queue, 'enqueued', 1)
  return state
end

local queues = {}
for first = 1, #ARGV, WIDTH do
  local id, state = find_existing(ARGV[first], ARGV[first + 9])
  if id then
    answer(id, 0, state)
  else
    local state = store(first)
    answer(ARGV[first], 1, state)
    queues[ARGV[first + 1]] = queues[ARGV[first + 1]] or state == 'pending'
  end
end
for queue in pairs(queues) do
  call('ZADD', key('q'), '0', queue)
end
flush()
flush_tally()
for queue, is_pending in pairs(queues) do
  if is_pending then
    -- Only a hint: a user who may not publish still enqueues, and workers find the job by looking.
    redis.pcall('PUBLISH', key('wake'), queue)
  end
end
return answers
