-- Writes start times and progress of runs; they are no transitions, so a version that a person saw stays good.
-- keys:   the namespace's meta key
-- args:   lease id; then 5 a run: job id, fence, running since, 1 with progress, progress
-- result: nothing

-- include store

local WIDTH = 5
local lease = ARGV[1]
if not is_valid(lease) then
  return
end
for first = 2, #ARGV, WIDTH do
  local hash = key('j', ARGV[first])
  local held = call('HMGET', hash, 'lease', 'fence', 'state')
  if held[1] == lease and held[2] == ARGV[first + 1] and held[3] == 'processing' then
    call('HSETNX', hash, 'started', to_text(now - ARGV[first + 2]))
    if ARGV[first + 3] == '1' then
      call('HSET', hash, 'progress', ARGV[first + 4])
    end
  end
end
