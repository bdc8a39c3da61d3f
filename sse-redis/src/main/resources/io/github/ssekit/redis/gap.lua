-- A node has missed messages of a channel while its subscription stood: nobody can tell which other
-- nodes have. What is below the id that this takes is void for the channel.
--
-- KEYS  1 {sse}:scope   2 {sse}:control
-- ARGV  1 run_id of this server   2 channel   3 PUBLISH or SPUBLISH
-- Returns the id. Message: "gap" SP id SP channel
local fn = scope_functions()
local scope, name = KEYS[1], ARGV[2]
local known = fn.fields(scope, 'clock', 'run', 'last:' .. name)
local now = fn.time()
local id = fn.step(fn.touch(scope, ARGV[1], now, known[1], known[2]), now)
fn.channel(scope, name, id, known[3])
redis.call('HSET', scope, 'clock', id, 'floor:' .. name, id)
redis.call(ARGV[3], KEYS[2], 'gap ' .. id .. ' ' .. name)
return id
