-- Tells how long it is until the next scheduled or retrying job is due.
-- keys:   the namespace's meta key
-- args:   none
-- result: microseconds, negative once it is due, or nil when nothing is put off

-- include store

local soonest = call('ZRANGE', key('due'), 0, 0, 'WITHSCORES')
return soonest[2] and to_text(tonumber(soonest[2]) - now)
