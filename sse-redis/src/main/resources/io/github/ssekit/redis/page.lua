-- Reads what some channels hold after a position, and what one needs to know to judge whether that
-- is everything. One moment: no event is added meanwhile.
--
-- KEYS  1 {sse}:scope   2.. {sse}:stream:<channel> of each channel
-- ARGV  1 run_id of this server   2 position   3 most events of a channel   4 most bytes of a channel
--       5.. the channels
-- Returns clock, floor, pruned (or empty), then for each channel: its last id and its floor (or
-- empty), 1 if there may be more, and the entries.
local fn = scope_functions()
-- The size of events is known only once they are read: one at first, then twice as many each time.
local FIRST = 1
local scope, position, most, bytes = KEYS[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local known = redis.call('HMGET', scope, 'clock', 'run', 'floor', 'pruned')
local clock = fn.touch(scope, ARGV[1], fn.time(), known[1], known[2])
local reply = {clock, known[3] or (not known[1] and clock) or '', known[4] or ''}
for i = 2, #KEYS do
  local name = ARGV[i + 3]
  local entries, size, more, from, chunk = {}, 0, 0, '(' .. position, FIRST
  repeat
    local some = redis.pcall('XRANGE', KEYS[i], from, clock, 'COUNT', math.min(chunk, most - #entries))
    -- A key that is no stream holds nothing: that is told, and the other channels go on.
    if some.err then some = {} end
    for _, entry in ipairs(some) do
      entries[#entries + 1] = entry
      for _, field in ipairs(entry[2]) do size = size + #field end
    end
    if #some < chunk and #entries < most then break end
    chunk = chunk * 2
    from = '(' .. some[#some][1]
    if #entries >= most or size >= bytes then more = 1 end
  until more == 1
  local bounds = redis.call('HMGET', scope, 'last:' .. name, 'floor:' .. name)
  reply[#reply + 1] = bounds[1] or ''
  reply[#reply + 1] = bounds[2] or ''
  reply[#reply + 1] = more
  reply[#reply + 1] = entries
end
return reply
