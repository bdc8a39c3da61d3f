-- Reports that a node has missed messages of a channel although its subscription was not
-- interrupted. Other nodes may have missed them too, so clients below the new id get a reset, on
-- all nodes.
--
-- KEYS  1 {sse}:scope   2 {sse}:control
-- ARGV  1 run_id of this server   2 channel   3 PUBLISH or SPUBLISH
--       4 the position after which messages are missing
-- Returns the id. Message: "gap" SP id SP from SP channel
local fn = scope_functions()
local scope, name = KEYS[1], ARGV[2]
local known = fn.fields(scope, 'clock', 'run', 'last:' .. name)
local now = fn.time()
local id = fn.step(fn.touch(scope, ARGV[1], now, known[1], known[2]), now)
fn.channel(scope, name, id, known[3])
redis.call('HSET', scope, 'clock', id, 'floor:' .. name, id)
redis.call(ARGV[3], KEYS[2], 'gap ' .. id .. ' ' .. ARGV[4] .. ' ' .. name)
return id
