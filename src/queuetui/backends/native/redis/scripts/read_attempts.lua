-- Reads the kept attempts of a job.
-- keys:   the namespace's meta key
-- args:   job id
-- result: fields and values, each field led by its fence

-- include store
-- include forgiving

return call('HGETALL', key('a', ARGV[1]))
