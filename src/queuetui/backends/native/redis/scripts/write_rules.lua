-- Sets the rules of a queue, if the stored ones are still those that were seen.
-- keys:   the namespace's meta key
-- args:   act id, verb, actor, reason, filter; queue, the rules seen or '', the rules to be, '' for none
-- result: its row (done|||), the rules before in JSON; nil when they are others by now

-- include store
-- include acts

local queue, seen, after = unpack(ARGV, 6, 8)
local act = add_act(unpack(ARGV, 1, 5))
local target = 'rules ' .. queue
local known = find_row(act, target)
if known then
  return known
end
local hash = key('q', queue)
local before = call('HGET', hash, 'rules') or ''
if before ~= seen then
  return nil
end
if after == '' then
  call('HDEL', hash, 'rules', 'begun')
else
  call('HSET', hash, 'rules', after)
  call('ZADD', key('q'), '0', queue)
end
return add_row(act, target, 'done|||', before)
