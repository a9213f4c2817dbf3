-- Lets a job be taken again as BullMQ's own scripts do: reprocessJob a failed one, promote a delayed one, and the check for stalled
-- jobs a run without a lock that has not stalled before.
-- args: '1' for BullMQ 5, id, where it stands, what the queue's keys begin with, what puts it into a list

-- include queue
local is_5, id, from, queue, push = ARGV[1] == '1', unpack(ARGV, 2)
local job, events = queue .. id, queue .. 'events'
push_into(queue, is_5, push, id, from == 'active' and 1 or 0)
local priority = tonumber(redis.call('HGET', job, 'priority')) or 0
if priority > 0 and (from == 'delayed' or (from == 'failed' and not is_5)) then
  local number = (tonumber(redis.call('GET', queue .. 'pc')) or 0) + 1
  todo[1] = { 'ZADD', queue .. 'prioritized', priority * 0x100000000 + number % 0x100000000, id }
  add('INCR', queue .. 'pc')
end

if from == 'failed' then
  add('HDEL', job, 'finishedOn', 'processedOn', 'failedReason', 'atm', 'ats')
  -- A parent waits for it again.
  local parent = redis.call('HGET', job, 'parentKey')
  if parent and redis.call('EXISTS', parent) == 1 then
    if redis.call('ZSCORE', parent .. ':unsuccessful', job) then
      add('SADD', parent .. ':dependencies', job)
      add('ZREM', parent .. ':unsuccessful', job)
    elseif redis.call('HEXISTS', parent .. ':failed', job) == 1 then
      add('SADD', parent .. ':dependencies', job)
      add('HDEL', parent .. ':failed', job)
    end
  end
  add('XADD', events, 'MAXLEN', '~', most_events(queue), '*', 'event', 'waiting', 'jobId', id, 'prev', from)
elseif from == 'delayed' then
  add('HSET', job, 'delay', 0)
  add('XADD', events, '*', 'event', 'waiting', 'jobId', id, 'prev', from)
else
  add('HINCRBY', job, 'stc', 1)
  add('SREM', queue .. 'stalled', id)
  add('XTRIM', events, 'MAXLEN', '~', most_events(queue))
  add('XADD', events, '*', 'event', 'waiting', 'jobId', id, 'prev', from)
  add('XADD', events, '*', 'event', 'stalled', 'jobId', id)
end
if from == 'active' then
  add('LREM', queue .. from, 1, id)
else
  add('ZREM', queue .. from, id)
end
return todo
