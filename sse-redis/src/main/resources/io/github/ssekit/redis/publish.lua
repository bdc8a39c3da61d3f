-- Publishes one event to a channel with history: stores it and tells all nodes, in one step.
--
-- KEYS  1 {sse}:scope   2 {sse}:stream:<channel>   3 {sse}:channel:<channel>
--       4 {sse}:token:<token>, optional: a second publish with it stores nothing
-- ARGV  1 channel   2 event type, or empty   3 data   4 events to keep   5 milliseconds to keep
--       6 run_id of this server, or empty   7 PUBLISH or SPUBLISH   8 milliseconds to keep a token
-- Returns the event's id.
--
-- A message is: "1" SP id SP prev SP fresh LF type LF data
--   prev   the id of the channel's event before this one
--   fresh  1 if that was not known any more, and prev is a bound for it
local scope, stream = KEYS[1], KEYS[2]
local name, event_type, data, keep, age = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

if KEYS[4] then
  local id = redis.call('GET', KEYS[4])
  if id then return id end
end

-- Forgets a few of the channels that have been quiet for three times the age.
local function prune(now)
  local some = redis.call('HRANDFIELD', scope, 3, 'WITHVALUES')
  for i = 1, #some, 2 do
    local quiet = string.match(some[i], '^last:(.*)$')
    if quiet and split(some[i + 1]) < now - 3 * age then
      local pruned = redis.call('HGET', scope, 'pruned')
      redis.call('HSET', scope, 'pruned', later(pruned, some[i + 1]))
      redis.call('HDEL', scope, some[i], 'floor:' .. quiet)
    end
  end
end

local run = run_of(ARGV[6])
local now = time()
local known = redis.call('HMGET', scope, 'clock', 'run', 'last:' .. name)
local clock, prev, fresh = known[1], known[3], '0'
if not clock or known[2] ~= run then
  clock = touch(scope, run, now, clock, known[2])
end
if not prev then
  local bounds = redis.call('HMGET', scope, 'floor', 'pruned')
  prev = later(bounds[1], bounds[2]) or '0-0'
  fresh = '1'
  prune(now)
end

local id = step(clock, now)
local function add()
  return redis.pcall(
    'XADD', stream, 'MAXLEN', '~', keep, id, 'p', prev, 't', event_type, 'd', data)
end
local added = add()
if type(added) == 'table' and added.err and string.find(added.err, 'equal or smaller', 1, true) then
  -- The stream knows better: the clock alone was lost.
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1][1]
  local floor = step(last, now)
  redis.call('HSET', scope, 'floor', floor)
  prev, fresh, id = floor, '1', step(floor, now)
  added = add()
end
if type(added) == 'table' and added.err then
  return added
end
redis.call('XTRIM', stream, 'MINID', '~', string.format('%.0f', math.max(0, now - age)))
redis.call('PEXPIRE', stream, age)
redis.call('HSET', scope, 'clock', id, 'last:' .. name, id)
if KEYS[4] then
  redis.call('SET', KEYS[4], id, 'PX', ARGV[8])
end
redis.call(ARGV[7], KEYS[3], '1 ' .. id .. ' ' .. prev .. ' ' .. fresh .. '\n' .. event_type .. '\n' .. data)
return id
