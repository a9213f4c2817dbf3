-- Whether a job can be read: another program may have overwritten its value.

-- Returns how often a job was lost, its type, and the first bytes of its payload; nothing where its record is unreadable.
local function look_at(record)
  local is_record, state, _, _, _, _, _, _, _, _, lost, _, _, _, _, _, _, _, _, _, _, _, _, _, after =
    pcall(struct.unpack, RECORD, record)
  if not is_record or not STATES[state] then
    return nil
  end
  local is_body, _, _, job_type, _, _, head = pcall(struct.unpack, BODY, record, after)
  if is_body then
    return lost, job_type, head
  end
end
