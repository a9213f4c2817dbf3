-- Writes start times and progress of runs, which do not change the version that a person has seen.
-- keys:   the namespace's meta key
-- args:   lease id; then 5 a run: job id, fence, running since, 1 with progress, progress
-- result: nothing

-- include store
-- include packing
-- include records
-- include events
-- include telling

local WIDTH = 5
local lease, places = ARGV[1], {}
if not is_valid(lease) then
  return
end
for first = 2, #ARGV, WIDTH do
  places[#places + 1] = ARGV[first]
end
for number, record in ipairs(read_fields(key('j'), places)) do
  local first = 2 + (number - 1) * WIDTH
  local job = record and try_unpack(ARGV[first], record)
  if job and job.state == 'processing' and job.lease == lease and to_text(job.fence) == ARGV[first + 1] then
    local before = job.started + job.noted
    if job.started == 0 then
      job.started = now - ARGV[first + 2]
      tell('started', job)
    end
    if ARGV[first + 3] == '1' then
      if call('HGET', key('o', job.id), 'progress') ~= ARGV[first + 4] then
        tell('progress', job, nil, nil, ARGV[first + 4])
      end
      call('HSET', key('o', job.id), 'progress', ARGV[first + 4])
      job.noted = 1
    end
    if job.started + job.noted ~= before then
      call('HSET', key('j'), job.id, pack_record(job))
    end
  end
end
flush_events()
