-- Opens a lease.
-- keys:   the namespace's meta key
-- args:   lease id, worker id, queue, how long, the protocol that the worker speaks
-- result: its end, or nil when the queue has gone on to another protocol

-- include store
-- include packing
-- include records
-- include leases

if call('HGET', KEYS[1], 'protocol') ~= ARGV[5] then
  return false
end
if tonumber(ARGV[4]) > tonumber(call('HGET', KEYS[1], 'longest_lease') or 0) then
  call('HSET', KEYS[1], 'longest_lease', ARGV[4])
end
local ends = to_text(now + ARGV[4])
call('ZADD', key('l'), ends, ARGV[1])
call('HSET', key('ls'), ARGV[1], struct.pack(LEASE, ARGV[2], ARGV[3]))
return ends
