-- Reads the last ids of many channels, without events: the caller then reads only the channels with
-- new events.
--
-- KEYS  1 {sse}:scope
-- ARGV  1 run_id of this server
--       2.. the fields last:<channel> and floor:<channel> of the channels, 3,000 at most
-- Returns clock, floor, pruned (or empty), and the values of the fields, nil where absent.
local fn = scope_functions()
local scope = KEYS[1]
local known = fn.fields(scope, 'clock', 'run')
local clock = fn.clock_of(scope, ARGV[1], fn.time(), known[1], known[2])
local floor, pruned = fn.bounds(scope, clock)
local fields = #ARGV > 1 and redis.call('HMGET', scope, unpack(ARGV, 2)) or {}
return {clock, floor or '', pruned or '', fields}
