-- Notes which run of the server this is. A run that is new may have forgotten the last second of the one before, with claims
-- of workers that go on: nothing is claimed until their leases would be over.
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
