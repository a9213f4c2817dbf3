-- Tells whether a queue's events are on.
-- keys:   the namespace's meta key
-- args:   queue
-- result: 1 or 0

-- include store
-- include forgiving

return call('HGET', key('q', ARGV[1]), 'events') == '0' and 0 or 1
