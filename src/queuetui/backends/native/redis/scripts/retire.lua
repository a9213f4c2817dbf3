-- Deletes a worker's registration.
-- keys:   the namespace's meta key
-- args:   worker id
-- result: nothing

-- include store

call('ZREM', key('w'), ARGV[1])
call('DEL', key('w', ARGV[1]))
