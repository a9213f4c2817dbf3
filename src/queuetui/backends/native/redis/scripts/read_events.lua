-- Reads what happened: to one job, oldest first, or to all, newest first.
-- keys:   the namespace's meta key
-- args:   job id or '', what is older than this place or '+', at most how many
-- result: entries of the job's list, or of the stream

-- include store

if ARGV[1] ~= '' then
  return call('LRANGE', key('ev', ARGV[1]), 0, -1)
end
local newest = ARGV[2] == '+' and '+' or '(' .. ARGV[2]
return call('XREVRANGE', key('ev'), newest, '-', 'COUNT', ARGV[3])
