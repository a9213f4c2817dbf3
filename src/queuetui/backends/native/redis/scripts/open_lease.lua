-- Opens a lease.
-- keys:   the namespace's meta key
-- args:   lease id, worker id, queue, how long
-- result: its end

-- include store

local ends = to_text(now + ARGV[4])
call('ZADD', key('l'), ends, ARGV[1])
call('HSET', key('l', ARGV[1]), 'worker', ARGV[2], 'queue', ARGV[3])
return ends
