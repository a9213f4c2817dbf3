-- The record of acts by people: who asked for what, and the result for each target, so that a repeated act is executed once.

local ACT_KEPT_S = 7776000

local function add_act(id, verb, actor, reason, filter)
  local act = key('act', id)
  if call('EXISTS', act) == 0 then
    call('HSET', act, 'verb', verb, 'actor', actor, 'reason', reason, 'filter', filter, 'at', now_text)
    call('EXPIRE', act, ACT_KEPT_S)
  end
  return act
end

local function find_row(act, target)
  local row = call('HGET', act .. ':rows', 'row:' .. target)
  return row and { row, call('HGET', act .. ':rows', 'before:' .. target) }
end

-- A row is the outcome, the state found or left, a code for the note and the version afterwards, apart by bars.
local function add_row(act, target, row, before)
  call('HSET', act .. ':rows', 'row:' .. target, row)
  if before then
    call('HSET', act .. ':rows', 'before:' .. target, before)
  end
  call('EXPIRE', act .. ':rows', ACT_KEPT_S)
  return { row, before or false }
end
