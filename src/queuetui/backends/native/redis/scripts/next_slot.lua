-- Tells when the soonest slot is.
-- keys:   the namespace's meta key
-- args:   none
-- result: microseconds until then, negative when it is over, nil without any

-- include store

local soonest = call('ZRANGE', key('sched', 'due'), 0, 0, 'WITHSCORES')
return soonest[2] and to_text(tonumber(soonest[2]) - now)
