-- Counts the leases that expired long ago and were not swept.
-- keys:   the namespace's meta key
-- args:   how long they have been over, in microseconds
-- result: how many there are, when the first of them ended, nil without any

-- include store

local latest = '(' .. to_text(now - tonumber(ARGV[1]))
local first = call('ZRANGEBYSCORE', key('l'), '-inf', latest, 'WITHSCORES', 'LIMIT', 0, 1)
return { call('ZCOUNT', key('l'), '-inf', latest), first[2] and to_text(tonumber(first[2])) or false }
