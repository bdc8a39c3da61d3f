-- Checks whether Redis has lost events that a node has seen. Publishes the node's probe in the same
-- way as events, so that the node hears the probe over its own subscription.
--
-- KEYS  1 {sse}:scope   2 {sse}:control
-- ARGV  1 run_id of this server   2 nonce of the node   3 PUBLISH or SPUBLISH
--       4 number of the following pairs
--       5.. pairs of a run_id and the highest id that the node has seen on that run; or of "lost"
--         and an id that the node knows to be lost, on any run
--       then the fields last:<channel> of some channels, 3,000 at most
-- Returns the probe's id; the last id of each of these channels, nil if Redis knows none; and for
-- each channel without a last id, in their order, an id that its last id can't have been above.
--
-- Messages: "rewind" SP id SP from: events between from and id are lost, clients below id are reset
--           "probe" SP id SP nonce
local fn = scope_functions()
local scope, run, pairs_count = KEYS[1], ARGV[1], tonumber(ARGV[4])
local now = fn.time()
local known = fn.fields(scope, 'clock', 'run')
-- The clock before a change of run, which moves the clock.
local had = fn.id(known[1])
local clock = fn.touch(scope, run, now, known[1], known[2])
-- Redis may refuse this write, so it comes first: an id that was not stored must not be published.
redis.call('HSET', scope, 'clock', clock)

local ends = fn.read_ends(scope)
local floor, pruned = fn.bounds(scope, clock)
floor = floor or '0-0'
local begun = fn.id(redis.call('HGET', scope, 'begun'))
local lost, left

-- Returns the id up to which this data has the events of a run, given an id that was seen on that
-- run. Later events of the run are lost.
local function left_of(seen_run, seen)
  if seen_run == 'lost' then return floor end
  -- Nothing is left of an unknown run. This run may have begun again, with the data of another run,
  -- since the id was seen.
  if seen_run ~= run or begun and fn.after(begun, seen) then return ends[seen_run] or '0-0' end
  return had and known[2] == run and had or seen
end

for i = 5, 4 + 2 * pairs_count, 2 do
  local seen_run, seen = ARGV[i], fn.seen(ARGV[i + 1], clock, now)
  local reached = seen and left_of(seen_run, seen)
  -- All clients are told of losses up to the floor, when they return or their node repairs its
  -- logs.
  if seen and fn.after(seen, floor) and fn.after(seen, reached) then
    lost = fn.later(lost, seen)
    if not left or fn.after(left, reached) then left = reached end
  end
end
if lost then
  clock = fn.lose(scope, clock, lost, fn.later(left, floor), now, ARGV[3], KEYS[2])
  floor = clock
end

clock = fn.step(clock, now)
redis.call('HSET', scope, 'clock', clock)
redis.call(ARGV[3], KEYS[2], 'probe ' .. clock .. ' ' .. ARGV[2])
local first = 5 + 2 * pairs_count
if #ARGV < first then return {clock, {}, {}} end

local last, floors, highest = redis.call('HMGET', scope, unpack(ARGV, first)), {}, {}
for i, known in ipairs(last) do
  if not known then floors[#floors + 1] = 'floor:' .. string.sub(ARGV[first + i - 1], 6) end
end
if #floors > 0 then
  for i, own in ipairs(redis.call('HMGET', scope, unpack(floors))) do
    if own and not fn.given(own, clock) then own = clock end
    highest[i] = fn.later(fn.later(floor, pruned), own)
  end
end
return {clock, last, highest}
