-- Reads the newest events of a channel.
--
-- KEYS  1 {sse}:scope   2 {sse}:stream:<channel>
-- ARGV  1 run_id of this server   2 how many
-- Returns the clock, and the entries, newest first.
local fn = scope_functions()
local known = redis.call('HMGET', KEYS[1], 'clock', 'run')
local clock = fn.clock_of(KEYS[1], ARGV[1], fn.time(), known[1], known[2])
return {clock, redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', ARGV[2])}
