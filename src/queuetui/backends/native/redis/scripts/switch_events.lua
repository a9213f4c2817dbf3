-- Switches the events of a queue on or off.
-- keys:   the namespace's meta key
-- args:   act id, verb, actor, reason, filter, queue
-- result: its row (outcome|||)

-- include store
-- include events
-- include acts

local queue, on = ARGV[6], ARGV[2] == 'events on'
local act = add_act(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
local known = find_row(act, queue)
if known then
  return known
end
if is_loud(queue) == on then
  return add_row(act, queue, 'skipped|||')
end
if on then
  call('HDEL', key('q', queue), 'events')
else
  call('HSET', key('q', queue), 'events', '0')
  call('ZADD', key('q'), '0', queue)
end
tell_of(on and 'events_on' or 'events_off', queue, '', ARGV[3])
flush_events()
return add_row(act, queue, 'done|||')
