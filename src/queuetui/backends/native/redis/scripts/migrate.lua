-- Makes the namespace a queue of this schema; a second call changes nothing.
-- keys:   the namespace's meta key
-- args:   schema, least level of a client that may work here, protocol of its workers, identity of the queue
-- result: 1 when it was made by this call

if redis.call('HSETNX', KEYS[1], 'schema', ARGV[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], 'minimum_client', ARGV[2], 'protocol', ARGV[3], 'identity', ARGV[4])
return 1
