-- A node has missed messages of a channel while its subscription stood: nobody can tell which other
-- nodes have. What is below the id that this takes is void for the channel.
--
-- KEYS  1 {sse}:scope   2 {sse}:control
-- ARGV  1 run_id of this server   2 channel   3 PUBLISH or SPUBLISH
-- Returns the id. Message: "gap" SP id SP channel
local fn = scope_functions()
local known = redis.call('HMGET', KEYS[1], 'clock', 'run')
local now = fn.time()
local id = fn.step(fn.touch(KEYS[1], ARGV[1], now, known[1], known[2]), now)
redis.call('HSET', KEYS[1], 'clock', id, 'floor:' .. ARGV[2], id)
redis.call(ARGV[3], KEYS[2], 'gap ' .. id .. ' ' .. ARGV[2])
return id
