-- Reads what some channels hold after a position, and what one needs to know to judge whether that
-- is everything. One moment: no event is added meanwhile.
--
-- KEYS  1 {sse}:scope   2.. {sse}:stream:<channel> of each channel
-- ARGV  1 run_id of this server   2 position   3 most events   4 most bytes
--       5 most bytes of an event: of a larger one there is the size only, as field o
--       6 position up to where events are wanted, or empty   7.. the channels
-- Returns clock, floor, pruned (or empty), then for each channel: its last id and its floor (or
-- empty), 1 if there may be more, and the entries. If the first entries of all channels are more
-- bytes than wanted, the last channels are missing.
local fn = scope_functions()
local scope, position, most, bytes = KEYS[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local largest, wanted = tonumber(ARGV[5]), ARGV[6]
local known = fn.fields(scope, 'clock', 'run')
local clock = fn.clock_of(scope, ARGV[1], fn.time(), known[1], known[2])
local floor, pruned = fn.bounds(scope, clock)
if wanted == '' or fn.after(wanted, clock) then wanted = clock end
local count, size = 0, 0

-- Returns whether there may be more that is wanted.
local function read(key, held, chunk)
  local some, length = fn.entries(largest, 'XRANGE', key, held.from, clock, 'COUNT', chunk)
  for _, entry in ipairs(some) do held[#held + 1] = entry end
  count, size = count + #some, size + length
  if #some < chunk then return false end
  local last = some[#some][1]
  held.from = '(' .. last
  -- One that is beyond says that nothing is missing before it.
  held.more = fn.after(last, wanted)
  return not held.more
end

-- The size of events is known only once they are read: one of each channel at first, then twice as
-- many each time of those that have more, until it is enough.
local held, open, channels = {}, {}, 0
for i = 2, #KEYS do
  held[i] = {from = '(' .. position}
  channels = i
  if read(KEYS[i], held[i], 1) then open[#open + 1] = i end
  if size >= bytes then break end
end
local chunk = 2
while #open > 0 and count < most and size < bytes do
  local still = {}
  for _, i in ipairs(open) do
    -- No more than will fit, if the next events are as large as those so far.
    local fit = math.ceil((bytes - size) * count / math.max(1, size))
    local left = math.min(chunk, most - count, fit)
    if left <= 0 or read(KEYS[i], held[i], left) then still[#still + 1] = i end
  end
  open = still
  chunk = chunk * 2
end
for _, i in ipairs(open) do held[i].more = true end

local fields = {}
for i = 2, channels do
  fields[#fields + 1] = 'last:' .. ARGV[i + 5]
  fields[#fields + 1] = 'floor:' .. ARGV[i + 5]
end
local bounds = channels > 0 and redis.call('HMGET', scope, unpack(fields)) or {}
local reply = {clock, floor or '', pruned or ''}
for i = 2, channels do
  local last, void = fn.channel(scope, ARGV[i + 5], clock, bounds[2 * i - 3], bounds[2 * i - 2])
  reply[#reply + 1] = last or ''
  reply[#reply + 1] = void or ''
  reply[#reply + 1] = held[i].more and 1 or 0
  reply[#reply + 1] = held[i]
end
return reply
