-- Writes a beat of a worker that is registered.
-- keys:   the namespace's meta key
-- args:   worker id, resident bytes or '', 1 when it is stopping
-- result: 1, or 0 when there is no registration

-- include store

if not call('ZSCORE', key('w'), ARGV[1]) then
  return 0
end
call('ZADD', key('w'), now_text, ARGV[1])
call('HSET', key('w', ARGV[1]), 'rss', ARGV[2], 'stopping', ARGV[3])
return 1
