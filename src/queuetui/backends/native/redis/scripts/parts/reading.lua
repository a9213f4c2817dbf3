-- Reads jobs as a console shows them; no payload is decoded here.

local TEXT_HEAD = 8192
local WHOLE = -1
local TEXTS = { 'class', 'message', 'traceback', 'result', 'progress' }

local function head_of(text, bytes)
  if not text or bytes == WHOLE then
    return text
  end
  return string.sub(text, 1, bytes)
end

local function read_texts(id, bytes)
  local texts = call('HMGET', key('o', id), unpack(TEXTS))
  for place, text in ipairs(texts) do
    texts[place] = head_of(text, bytes == WHOLE and WHOLE or TEXT_HEAD)
  end
  return texts
end

-- Returns the first bytes of a job's payload, and its size.
local function read_payload(job, after, bytes)
  if bytes == 0 then
    return false, 0
  elseif job.large == 0 then
    local payload = string.sub(job.body, after)
    return head_of(payload, bytes), #payload
  elseif bytes == WHOLE then
    local payload = call('GET', key('p', job.id)) or ''
    return payload, #payload
  end
  return call('GETRANGE', key('p', job.id), 0, bytes - 1), call('STRLEN', key('p', job.id))
end

-- Returns the jobs of the ids: id, record and body without the payload, the long texts, the payload's first bytes and size, the end of
-- the lease; false for a job that does not exist, and only the first bytes of an unreadable one. `bytes` is how much of a payload is read:
-- 0 for nothing, -1 for all of it and of the texts.
local function read_jobs(ids, bytes)
  local found = {}
  for place, record in ipairs(read_fields(key('j'), ids)) do
    if record then
      local id = ids[place]
      local job, after = try_unpack(id, record)
      if job then
        local payload, size = read_payload(job, after, bytes)
        found[place] = {
          id, string.sub(record, 1, #record - #job.body + after - 1), job.noted == 1 and read_texts(id, bytes) or {}, payload, size,
          job.state == 'processing' and call('ZSCORE', key('l'), job.lease),
        }
      else
        found[place] = { id, head_of(record, TEXT_HEAD), {}, '', #record, false }
      end
    else
      found[place] = false
    end
  end
  return found
end
