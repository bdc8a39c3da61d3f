-- Publishes the clock as it stands: a probe for a Redis that refuses writes. A node that hears the
-- probe over its own subscription has heard all events up to that id. After a restart the clock is
-- an id of the previous run.
--
-- KEYS  1 {sse}:scope   2 {sse}:control
-- ARGV  1 nonce of the node   2 PUBLISH or SPUBLISH
-- Returns the clock. Message: "clock" SP clock SP nonce
local clock = redis.call('HGET', KEYS[1], 'clock') or '0-0'
redis.call(ARGV[2], KEYS[2], 'clock ' .. clock .. ' ' .. ARGV[1])
return clock
