local todo = {}
local function add(...)
  todo[#todo + 1] = { ... }
end

-- Puts an id among those that wait, and wakes a worker unless the queue is paused or full. `leaving`: runs that end by this.
local function push_into(queue, is_5, push, id, leaving)
  local paused, most = unpack(redis.call('HMGET', queue .. 'meta', 'paused', 'concurrency'))
  add(push, queue .. ((paused and is_5) and 'paused' or 'wait'), id)
  if not paused and not (most and redis.call('LLEN', queue .. 'active') - leaving >= tonumber(most)) then
    add('ZADD', queue .. 'marker', 0, '0')
  end
end

-- How many events are kept; where that is not set, BullMQ sets it.
local function most_events(queue)
  local most = redis.call('HGET', queue .. 'meta', 'opts.maxLenEvents')
  if not most then
    add('HSET', queue .. 'meta', 'opts.maxLenEvents', 10000)
  end
  return most or 10000
end
