-- Reads jobs as a console shows them; nothing is decoded here.

local TEXT_HEAD = 8192
local WHOLE = -1

local function head_of(text, bytes)
  if not text or bytes == WHOLE then
    return text
  end
  return string.sub(text, 1, bytes)
end

-- Returns the hash, the four long texts, the payload's head and size, and the end of the lease; false where there is none.
-- `bytes` is how much of the payload is read: 0 for nothing, -1 for all of it and of the texts too.
local function read_job(id, bytes)
  local fields = call('HGETALL', key('j', id))
  if #fields == 0 then
    return false
  end
  local texts = call('HMGET', key('o', id), 'class', 'message', 'traceback', 'result')
  for place = 1, 4 do
    texts[place] = head_of(texts[place], bytes == WHOLE and WHOLE or TEXT_HEAD)
  end
  texts[4] = texts[4] or call('HGET', key('j', id), 'result')
  local payload, size = false, 0
  if bytes ~= 0 then
    payload = bytes == WHOLE and call('GET', key('p', id)) or call('GETRANGE', key('p', id), 0, bytes - 1)
    size = call('STRLEN', key('p', id))
  end
  local state, lease = unpack(call('HMGET', key('j', id), 'state', 'lease'))
  local ends = state == 'processing' and lease and call('ZSCORE', key('l'), lease)
  return { id, fields, texts, payload, size, ends }
end
