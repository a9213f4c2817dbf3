-- Removes a job as BullMQ's removeJob does without its children; a parent that waited for this one alone goes on.
-- args: '1' for BullMQ 5, id, where it stands, what the queue's keys begin with

-- include queue
local is_5, id, from, queue = ARGV[1] == '1', unpack(ARGV, 2)
local job = queue .. id
local scheduler, key, parent = unpack(redis.call('HMGET', job, 'rjk', 'deid', 'parentKey'))
local next_run = scheduler and redis.call('ZSCORE', queue .. 'repeat', scheduler)
if next_run and id == 'repeat:' .. scheduler .. ':' .. next_run then
  return nil
end

if parent and redis.call('SISMEMBER', parent .. ':dependencies', job) == 1 and redis.call('EXISTS', parent) == 1 then
  local parent_id = string.match(parent, '.*:(.*)')
  local beside = string.sub(parent, 1, #parent - #parent_id)
  local is_last = redis.call('SCARD', parent .. ':dependencies') == 1
  if is_last and redis.call('ZSCORE', beside .. 'waiting-children', parent_id) then
    push_into(beside, is_5, 'RPUSH', parent_id, 0)
    add('ZREM', beside .. 'waiting-children', parent_id)
    add('XADD', beside .. 'events', '*', 'event', 'waiting', 'jobId', parent_id, 'prev', 'waiting-children')
  end
  add('SREM', parent .. ':dependencies', job)
end
if from == 'wait' or from == 'paused' or from == 'active' then
  add('LREM', queue .. from, 1, id)
else
  add('ZREM', queue .. from, id)
end
if key and redis.call('GET', queue .. 'de:' .. key) == id then
  add('DEL', queue .. 'de:' .. key, queue .. 'dn:' .. key)
end
add('DEL', job, job .. ':logs', job .. ':dependencies', job .. ':processed', job .. ':failed', job .. ':unsuccessful')
add('XADD', queue .. 'events', 'MAXLEN', '~', most_events(queue), '*', 'event', 'removed', 'jobId', id, 'prev', from)
return todo
