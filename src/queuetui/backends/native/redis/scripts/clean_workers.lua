-- Deletes the registrations of workers that have been silent for longer.
-- keys:   the namespace's meta key
-- args:   act id, actor, reason, for how long
-- result: how many

-- include store
-- include events
-- include acts

local MOST_CLEANED = 10000
local act = add_act(ARGV[1], 'clean', ARGV[2], ARGV[3], '')
local before = call('HGET', act, 'cleaned')
if before then
  return tonumber(before)
end
local silent = call('ZRANGEBYSCORE', key('w'), '-inf', '(' .. to_text(now - ARGV[4]), 'LIMIT', 0, MOST_CLEANED)
for _, worker in ipairs(silent) do
  call('ZREM', key('w'), worker)
  call('DEL', key('w', worker))
  tell_of('worker_cleaned', '', worker, ARGV[2])
end
call('HSET', act, 'cleaned', #silent)
flush_events()
return #silent
