-- Reads how far many channels have come, without their events: so that only those which have moved
-- are read.
--
-- KEYS  1 {sse}:scope
-- ARGV  1 run_id of this server   2.. the channels' fields, 3,000 at most: last:<channel>,
--       floor:<channel>
-- Returns clock, floor, pruned (or empty), and the fields' values or nil.
local fn = scope_functions()
local scope = KEYS[1]
local known = fn.fields(scope, 'clock', 'run')
local clock = fn.clock_of(scope, ARGV[1], fn.time(), known[1], known[2])
local floor, pruned = fn.bounds(scope, clock)
local fields = #ARGV > 1 and redis.call('HMGET', scope, unpack(ARGV, 2)) or {}
return {clock, floor or '', pruned or '', fields}
