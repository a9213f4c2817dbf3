-- Records the server's run id. After a restart the server may have lost the last second before it, with claims and leases
-- that workers still hold: nothing is claimed until those leases have expired.
-- keys:   the namespace's meta key
-- args:   id of the server's run, 1 when the server keeps every write before it answers
-- result: for how long nothing is claimed from now on, in microseconds

-- include store

local UNKNOWN_LEASE_US = 30000000
local known, longest = unpack(call('HMGET', KEYS[1], 'server_run', 'longest_lease'))
if known == ARGV[1] then
  return 0
end
call('HSET', KEYS[1], 'server_run', ARGV[1])
if not known or ARGV[2] == '1' then
  return 0
end
local pause = tonumber(longest) or UNKNOWN_LEASE_US
call('HSET', KEYS[1], 'held_until', to_text(now + pause))
return pause
