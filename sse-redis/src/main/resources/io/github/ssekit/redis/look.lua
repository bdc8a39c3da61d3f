-- A sign of life where Redis takes no writes: tells the clock, as it stands, on the way that events
-- go. Who hears it has heard all events up to there.
--
-- KEYS  1 {sse}:scope   2 {sse}:control
-- ARGV  1 nonce of the node   2 PUBLISH or SPUBLISH
-- Returns the clock. Message: "look" SP clock SP nonce
local clock = redis.call('HGET', KEYS[1], 'clock') or '0-0'
redis.call(ARGV[2], KEYS[2], 'look ' .. clock .. ' ' .. ARGV[1])
return clock
