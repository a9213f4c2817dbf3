-- Ends a valid lease and releases its jobs; the jobs of an expired lease are left to the sweep.
-- keys:   the namespace's meta key
-- args:   how long a key outlives its job, lease id
-- result: how many jobs were given back

-- include store
-- include packing
-- include records
-- include events
-- include telling
-- include indexes
-- include jobs
-- include leases
-- include held
-- include tally
-- include runs

local MOST_HELD = 10000
local key_kept_us, lease = tonumber(ARGV[1]), ARGV[2]

if not is_valid(lease) then
  return 0
end
local held = call('ZRANGE', key('h', lease), 0, MOST_HELD - 1)
for _, id in ipairs(held) do
  local job = read(id)
  if job then
    release(job, key_kept_us)
  else
    call('ZREM', key('h', lease), id)
  end
end
flush()
drop_lease(lease)
flush_events()
return #held
