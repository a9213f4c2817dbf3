-- Counts queues and jobs.
-- keys:   the namespace's meta key
-- args:   none
-- result: how many queues, how many jobs

-- include store

return { call('ZCARD', key('q')), call('ZCARD', key('all')) }
