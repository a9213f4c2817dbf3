-- Opens a lease.
-- keys:   the namespace's meta key
-- args:   lease id, worker id, queue, how long, the protocol that the worker speaks
-- result: its end, nil when the queue has gone on to another protocol, or 0 where the namespace was emptied

-- include store
-- include packing
-- include records
-- include leases

local protocol = call('HGET', KEYS[1], 'protocol')
if protocol ~= ARGV[5] then
  return protocol == false and 0
end
if tonumber(ARGV[4]) > tonumber(call('HGET', KEYS[1], 'longest_lease') or 0) then
  call('HSET', KEYS[1], 'longest_lease', ARGV[4])
end
local ends = to_text(now + ARGV[4])
call('ZADD', key('l'), ends, ARGV[1])
call('HSET', key('ls'), ARGV[1], struct.pack(LEASE, ARGV[2], ARGV[3]))
return ends
