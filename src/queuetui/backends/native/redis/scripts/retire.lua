-- Deletes a worker's registration.
-- keys:   the namespace's meta key
-- args:   worker id, what is logged of it
-- result: nothing

-- include store
-- include events

if call('ZREM', key('w'), ARGV[1]) == 1 then
  tell_of('worker_stopped', '', ARGV[1], '', ARGV[2])
end
call('DEL', key('w', ARGV[1]))
flush_events()
