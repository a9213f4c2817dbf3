-- Reads the notes of a job's runs.
-- keys:   the namespace's meta key
-- args:   job id
-- result: fields and values, each field led by its fence

-- include store
-- include forgiving

return call('HGETALL', key('n', ARGV[1]))
