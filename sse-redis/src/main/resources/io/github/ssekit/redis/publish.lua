-- Publishes one event to a channel with history: stores it and tells all nodes, in one step.
--
-- KEYS  1 {sse}:scope   2 {sse}:stream:<channel>   3 {sse}:channel:<channel>
--         (of a database n but 0: {sse}:db<n>:channel:<channel>, since channels are the server's)
--       4 {sse}:token:<token>, optional: a second publish with it stores nothing
-- ARGV  1 channel   2 event type, or empty   3 data   4 events to keep   5 milliseconds to keep
--       6 run_id of this server, or empty   7 PUBLISH or SPUBLISH   8 milliseconds to keep a token
--       9 the highest id that the caller has seen, optional: if Redis has lost it, new ids are beyond
-- Returns the event's id.
--
-- A message is: "1" SP id SP prev SP fresh LF type LF data
--   prev   the id of the channel's event before this one
--   fresh  1 if that was not known any more, and prev is a bound for it
local scope, stream, name, age = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[5])

if KEYS[4] then
  local id = redis.call('GET', KEYS[4])
  if id then return id end
end

local run = ARGV[6]
if run == '' then
  run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

-- Forgets a few of the channels that have been quiet for three times the age.
local function prune(fn, now)
  local some = redis.call('HRANDFIELD', scope, 3, 'WITHVALUES')
  for i = 1, #some, 2 do
    local quiet = string.match(some[i], '^last:(.*)$')
    if quiet and fn.split(some[i + 1]) < now - 3 * age then
      local pruned = redis.call('HGET', scope, 'pruned')
      redis.call('HSET', scope, 'pruned', fn.later(pruned, some[i + 1]))
      redis.call('HDEL', scope, some[i], 'floor:' .. quiet)
    end
  end
end

local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local known = redis.call('HMGET', scope, 'clock', 'run', 'last:' .. name)
local clock, prev, fresh = known[1], known[3], '0'
if not (clock and prev and known[2] == run) then
  local fn = scope_functions()
  clock = fn.touch(scope, run, now, clock, known[2], ARGV[9] ~= '' and ARGV[9] or nil)
  if not prev then
    local bounds = redis.call('HMGET', scope, 'floor', 'pruned')
    prev = fn.later(bounds[1], bounds[2]) or '0-0'
    fresh = '1'
    prune(fn, now)
  end
end

-- The id after the clock, as fn.step says it.
local ms, seq = string.match(clock, '(%d+)-(%d+)')
local id
if now > ms + 0 then
  id = now .. '-0'
elseif seq + 0 < 999999 then
  id = ms .. '-' .. (seq + 1)
else
  id = (ms + 1) .. '-0'
end

-- Before the event is stored, all is tried that may be refused, for want of room or of a right.
redis.call('HSET', scope, 'clock', id, 'last:' .. name, id)
local function refused(err)
  -- The clock may stay; to name a bound as the last id is to name none.
  redis.call('HSET', scope, 'last:' .. name, prev)
  return err
end
if KEYS[4] then
  local tried = redis.pcall('SET', KEYS[4], '', 'XX', 'PX', ARGV[8])
  if tried and tried.err then return refused(tried) end
end
if redis.acl_check_cmd and not redis.acl_check_cmd(ARGV[7], KEYS[3], '') then
  return refused(redis.error_reply('NOPERM this user has no permissions to publish to ' .. KEYS[3]))
end

-- What is too old is looked for once in a while only, since looking costs as much as adding: when a
-- digit of the time changes that stands for at most a 64th of the age.
local digits = 13 - math.max(0, math.floor(math.log10(age / 64)))
local expiry
if fresh == '1' or string.sub(prev, 1, digits) ~= string.sub(id, 1, digits) then
  expiry = age + 10 ^ (13 - digits)
  for _, call in ipairs({{'XTRIM', stream, 'MINID', '~', math.max(0, now - age)}, {'PEXPIRE', stream, expiry}}) do
    local tried = redis.pcall(unpack(call))
    if type(tried) == 'table' then return refused(tried) end
  end
end

local function add()
  return redis.pcall(
    'XADD', stream, 'MAXLEN', '~', ARGV[4], id, 'p', prev, 't', ARGV[2], 'd', ARGV[3])
end
local added = add()
if type(added) == 'table' and added.err and string.find(added.err, 'equal or smaller', 1, true) then
  -- The stream knows better: the clock alone was lost.
  local fn = scope_functions()
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1][1]
  -- Beyond it, and so beyond what other streams may know.
  local floor = fn.beyond(last, now)
  prev, fresh, id = floor, '1', fn.step(floor, now)
  redis.call('HSET', scope, 'floor', floor, 'clock', id, 'last:' .. name, id)
  added = add()
end
if type(added) == 'table' and added.err then
  return refused(added)
end

if expiry then
  -- Again: the stream may be new.
  redis.call('PEXPIRE', stream, expiry)
end
if KEYS[4] then
  redis.call('SET', KEYS[4], id, 'PX', ARGV[8])
end
local told = redis.pcall(
  ARGV[7], KEYS[3],
  '1 ' .. id .. ' ' .. prev .. ' ' .. fresh .. '\n' .. ARGV[2] .. '\n' .. ARGV[3])
if type(told) == 'table' and told.err then
  -- Redis before 7.0 did not say so beforehand. The error must not look like one that came before.
  return redis.error_reply('STORED as ' .. id .. ', but not told: ' .. told.err)
end
return id
