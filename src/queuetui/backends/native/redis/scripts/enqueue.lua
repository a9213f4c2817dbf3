-- Stores new jobs, all of them or, where the server refuses the first write, none.
-- keys:   the namespace's meta key
-- args:   14 a job: id, queue, type, name, priority, due time or '', delay, max attempts, correlation id, key, tags,
--         needs, timeout in ms or '', payload; an absent text is ''
-- result: 3 a job: id of the job that is there now, 1 when it was made by this call, its state or nil once pruned

-- include store
-- include indexes
-- include tally

local WIDTH = 14
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
  local holder = job_key ~= '' and call('GET', key('key', job_key))
  if holder then
    return holder, call('HGET', key('j', holder), 'state')
  end
  return nil
end

local function store(first)
  local id, queue, job_type, name, priority, at, delay = unpack(ARGV, first, first + 6)
  local max, correlation, job_key, tags, needs, timeout, payload = unpack(ARGV, first + 7, first + 13)
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
  local optional = { name = name, corr = correlation, key = job_key, tags = tags, needs = needs, timeout = timeout }
  for field, value in pairs(optional) do
    if value ~= '' then
      fields[#fields + 1] = field
      fields[#fields + 1] = value
    end
  end
  call('HSET', key('j', id), unpack(fields))
  call('SET', key('p', id), payload)
  if job_key ~= '' then
    call('SET', key('key', job_key), id)
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
    answer(ARGV[first], 1, store(first))
    queues[ARGV[first + 1]] = true
  end
end
for queue in pairs(queues) do
  call('ZADD', key('q'), '0', queue)
end
flush()
flush_tally()
return answers
