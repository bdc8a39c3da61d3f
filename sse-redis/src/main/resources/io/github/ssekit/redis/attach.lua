-- A node's sign of life: finds out whether Redis has lost what the node has seen, and sends a probe
-- on the way that events go.
--
-- KEYS  1 {sse}:scope   2 {sse}:control
-- ARGV  1 run_id of this server   2 nonce of the node   3 PUBLISH or SPUBLISH
--       4 n   5.. n pairs: run_id, the highest id that the node has seen on it
--       then last:<channel> of some channels, 3,000 at most
-- Returns the probe's id, and the last ids of the channels, or nil.
--
-- Messages: "rewind" SP id SP from: what is below id is void; "probe" SP id SP nonce
local fn = scope_functions()
local scope, run, pairs_count = KEYS[1], ARGV[1], tonumber(ARGV[4])
local now = fn.time()
local known = redis.call('HMGET', scope, 'clock', 'run')
local clock = fn.touch(scope, run, now, known[1], known[2])
-- What may be refused comes first: nothing is told that is not stored.
redis.call('HSET', scope, 'clock', clock)

local ends, order = fn.read_ends(scope)
local lost
for i = 5, 4 + 2 * pairs_count, 2 do
  local seen_run, seen = ARGV[i], ARGV[i + 1]
  local last = seen_run == run and clock or ends[seen_run]
  -- A run that is not known at all is lost with everything on it.
  if last == '*' then last = redis.call('HGET', scope, 'floor') end
  if not last or fn.after(seen, last) then
    lost = fn.later(lost, seen)
    if seen_run ~= run then
      if not ends[seen_run] then order[#order + 1] = seen_run end
      -- Told once: the other nodes hear of it from this one.
      for _, r in ipairs(order) do ends[r] = '*' end
    end
  end
end
if lost then
  -- Other nodes may have heard more than this one.
  clock = fn.beyond(fn.later(clock, lost), now)
  -- It is noted as told once it is.
  redis.call(ARGV[3], KEYS[2], 'rewind ' .. clock .. ' ' .. lost)
  redis.call('HSET', scope, 'clock', clock, 'floor', clock)
  fn.write_ends(scope, ends, order)
end

clock = fn.step(clock, now)
redis.call('HSET', scope, 'clock', clock)
redis.call(ARGV[3], KEYS[2], 'probe ' .. clock .. ' ' .. ARGV[2])
local first = 5 + 2 * pairs_count
return {clock, #ARGV >= first and redis.call('HMGET', scope, unpack(ARGV, first)) or {}}
