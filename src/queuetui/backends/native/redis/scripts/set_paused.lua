-- Pauses or resumes a queue.
-- keys:   the namespace's meta key
-- args:   act id, verb, actor, reason, filter, queue
-- result: its row (outcome|since when it was paused before||), and by whom it was paused before

-- include store
-- include events
-- include acts

local queue, pause = ARGV[6], ARGV[2] == 'pause'
local act = add_act(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
local known = find_row(act, queue)
if known then
  return known
end
local paused_at, paused_by = unpack(call('HMGET', key('q', queue), 'paused_at', 'paused_by'))
local since = paused_at or ''
if pause == (paused_at and true or false) then
  return add_row(act, queue, 'skipped|' .. since .. '||', paused_by)
end
if pause then
  call('HSET', key('q', queue), 'paused_at', now_text, 'paused_by', ARGV[3])
  call('ZADD', key('q'), '0', queue)
else
  call('HDEL', key('q', queue), 'paused_at', 'paused_by')
end
if is_loud(queue) then
  tell_of(pause and 'paused' or 'resumed', queue, '', ARGV[3])
end
flush_events()
return add_row(act, queue, 'done|' .. since .. '||', paused_by)
