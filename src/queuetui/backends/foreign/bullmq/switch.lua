-- Pauses or resumes a queue as BullMQ's own `pause` does; 5 has a list for the jobs of a paused queue.
-- args: '1' for BullMQ 5, 'paused' | 'resumed', what the queue's keys begin with

-- include queue
local is_5, word, queue = ARGV[1] == '1', unpack(ARGV, 2)
local is_pause, marker = word == 'paused', queue .. 'marker'
local source, target = queue .. (is_pause and 'wait' or 'paused'), queue .. (is_pause and 'paused' or 'wait')
local moves = redis.call('EXISTS', source) == 1 and (is_5 or not is_pause)
local is_taken = redis.call('EXISTS', target) == 1
if is_5 and moves and is_taken then
  -- It would write one list over the other.
  return nil
end

if is_pause then
  add('HSET', queue .. 'meta', 'paused', 1)
  add('DEL', marker)
else
  local first = redis.call('ZRANGE', queue .. 'delayed', 0, 0, 'WITHSCORES')[2]
  if moves or (is_taken and not is_5) or redis.call('EXISTS', queue .. 'prioritized') == 1 then
    add('ZADD', marker, 0, '0')
  elseif first then
    add('ZADD', marker, tonumber(first) / 0x1000, '1')
  end
  add('HDEL', queue .. 'meta', 'paused')
end
if moves and is_taken then
  -- What 5 left in its list, as much at once as 6 moves.
  local jobs = redis.call('LRANGE', source, 0, 6999)
  add('RPUSH', target, unpack(jobs))
  add('LTRIM', source, #jobs, -1)
elseif moves then
  add('RENAME', source, target)
end
add('XADD', queue .. 'events', '*', 'event', word)
return todo
