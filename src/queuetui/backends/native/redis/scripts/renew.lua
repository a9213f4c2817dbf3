-- Renews the leases that are still valid.
-- keys:   the namespace's meta key
-- args:   how long, lease ids
-- result: the ids of the valid ones, the ids of the jobs under them that are to be cancelled

-- include store

local valid, cancels = {}, {}
for place = 2, #ARGV do
  local lease = ARGV[place]
  if is_valid(lease) then
    call('ZADD', key('l'), to_text(now + ARGV[1]), lease)
    valid[#valid + 1] = lease
    for _, id in ipairs(call('SMEMBERS', key('c', lease))) do
      cancels[#cancels + 1] = id
    end
  end
end
return { valid, cancels }
