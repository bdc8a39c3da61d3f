-- A node's sign of life: finds out whether Redis has lost what the node has seen, and sends a probe
-- on the way that events go.
--
-- KEYS  1 {sse}:scope   2 {sse}:control
-- ARGV  1 run_id of this server   2 nonce of the node   3 PUBLISH or SPUBLISH
--       4 n   5.. n pairs: run_id, the highest id that the node has seen on it; or "lost", an id that
--       it knows to be lost on this run
--       then last:<channel> of some channels, 3,000 at most
-- Returns the probe's id, and the last ids of the channels, or nil.
--
-- Messages: "rewind" SP id SP from: what is below id is void, and lost beyond from;
--   "probe" SP id SP nonce
local fn = scope_functions()
local scope, run, pairs_count = KEYS[1], ARGV[1], tonumber(ARGV[4])
local now = fn.time()
local known = fn.fields(scope, 'clock', 'run')
-- Before a change of run moves it.
local had = fn.id(known[1])
local clock = fn.touch(scope, run, now, known[1], known[2])
-- What may be refused comes first: nothing is told that is not stored.
redis.call('HSET', scope, 'clock', clock)

local ends, order = fn.read_ends(scope)
local floor = fn.bounds(scope, clock) or '0-0'
local begun = fn.id(redis.call('HGET', scope, 'begun'))
local lost, left, unknown

local function end_of(seen_run)
  return ends[seen_run] == '*' and floor or ends[seen_run]
end

-- Up to where this data has what was on a run when an id was seen there: what is beyond is lost.
local function left_of(seen_run, seen)
  if seen_run == 'lost' then return floor end
  -- Of a run that is not known nothing is left; and this run may have begun again since, with the
  -- data of another one.
  if seen_run ~= run or begun and fn.after(begun, seen) then return end_of(seen_run) or '0-0' end
  return had and known[2] == run and had or seen
end

for i = 5, 4 + 2 * pairs_count, 2 do
  local seen_run, seen = ARGV[i], fn.seen(ARGV[i + 1], clock, now)
  local reached = seen and left_of(seen_run, seen)
  if seen and fn.after(seen, reached) then
    lost = fn.later(lost, seen)
    if not left or fn.after(left, reached) then left = reached end
    if seen_run ~= 'lost' and not ends[seen_run] then
      order[#order + 1] = seen_run
      ends[seen_run] = '*'
      unknown = true
    end
  end
end
if lost then
  if unknown then fn.write_ends(scope, ends, order) end
  clock = fn.lose(scope, clock, lost, fn.later(left, floor), now, ARGV[3], KEYS[2])
end

clock = fn.step(clock, now)
redis.call('HSET', scope, 'clock', clock)
redis.call(ARGV[3], KEYS[2], 'probe ' .. clock .. ' ' .. ARGV[2])
local first = 5 + 2 * pairs_count
return {clock, #ARGV >= first and redis.call('HMGET', scope, unpack(ARGV, first)) or {}}
