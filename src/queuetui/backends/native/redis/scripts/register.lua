-- Writes a worker's registration and first beat.
-- keys:   the namespace's meta key
-- args:   worker id, what is logged of it, then fields and values of its registration
-- result: nothing

-- include store
-- include events

call('DEL', key('w', ARGV[1]))
call('HSET', key('w', ARGV[1]), 'started', now_text, unpack(ARGV, 3))
call('ZADD', key('w'), now_text, ARGV[1])
tell_of('worker_started', '', ARGV[1], '', ARGV[2])
flush_events()
