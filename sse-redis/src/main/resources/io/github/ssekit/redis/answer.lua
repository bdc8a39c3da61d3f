-- Adds an event or the ending to a running answer. The bridge puts publish.lua in front of this
-- file, as function publish.
--
-- KEYS  1 to 3 as in publish.lua   4 {sse}:answer:<id>   5 {sse}:answers
-- ARGV  1 to 12 as in publish.lua
--       13 empty for an event; for an ending: done, failed, cancelled or producer-lost
--       14 token of the producer, and 15 the number of the event; both empty if the event is not
--         the producer's
--       16 milliseconds to keep an answer that was stopped before it began
-- Returns the event's id; a list of "again" and the id if the event was stored before; a list of
-- the answer's state, or "expired", if no answer of this producer is running; or the errors of
-- publish.lua.
local scope, stream, answer, answers, channel = KEYS[1], KEYS[2], KEYS[4], KEYS[5], ARGV[1]
local how, producer, sequence = ARGV[13], ARGV[14], ARGV[15]
local fields = {'state', 'producer', 'sequence', 'id', 'keep', 'event'}
local known = redis.pcall('HMGET', answer, unpack(fields))
if known.err then known = scope_functions().read('HMGET', answer, unpack(fields)) end
local state = known[1]

-- If a stop or the loss of the producer has ended the answer, field id holds the id of the ending;
-- field event holds the id of the producer's last event. A lower number is of an attempt that was
-- held up on its way, and whose second attempt was stored.
if producer ~= '' and known[2] == producer
    and (tonumber(known[3] or '') or 0) >= tonumber(sequence) then
  return {'again', known[6] or known[4]}
end
if state and state ~= 'running' then
  -- The lease may be left over.
  if how == 'producer-lost' then redis.pcall('HDEL', answers, channel) end
  return {state}
end
if producer ~= '' then
  if not state or known[2] ~= producer then return {state or 'expired'} end
elseif how == 'producer-lost' then
  local lease = redis.call('HGET', answers, channel)
  if not state then
    redis.call('HDEL', answers, channel)
    return {'expired'}
  end
  if (tonumber(lease or '') or 0) > scope_functions().time() then return {state} end
elseif not state and redis.call('HGET', scope, 'last:' .. channel) then
  return {'expired'}
end

local reply = publish({scope, stream, KEYS[3]}, {unpack(ARGV, 1, 12)})
local id = reply
if type(reply) == 'table' then
  id = string.match(reply.err or '', '^STORED as (%S+),')
  if not id then return reply end
end
if producer ~= '' then
  redis.call('HSET', answer, 'id', id, 'sequence', sequence, 'event', id)
else
  redis.call('HSET', answer, 'id', id)
end
if how ~= '' then
  local keep = known[5] or ARGV[16]
  redis.call('HSET', answer, 'state', how)
  redis.call('PEXPIRE', answer, keep)
  redis.call('PEXPIRE', stream, keep)
  -- The ending is stored, even if the lease can't be deleted.
  redis.pcall('HDEL', answers, channel)
end
return reply
