-- KEYS  {sse}:here:<channel>
-- Returns the names on the channel, each once and sorted. See presence.lua.
local fn = scope_functions()
local now, held = fn.time(), fn.read('HGETALL', KEYS[1])
local names, seen = {}, {}
for i = 1, #held, 2 do
  local name = string.sub(held[i], 38)
  if (tonumber(held[i + 1]) or 0) > now and name ~= '' and not seen[name] then
    seen[name] = true
    names[#names + 1] = name
  end
end
table.sort(names)
return names
