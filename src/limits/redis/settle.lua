-- Settles claims on meters: the arithmetic of `authority.rs`, once more.
--
-- KEYS[1]: who is there; KEYS[2]…: the scopes.
-- ARGV[1]: who claims; ARGV[2]…: for each scope its claims, [["rpm", {…}], …].
-- Gives the time in microseconds, how many replicas there are, and the grants as JSON.

local clock = redis.call('TIME')
local seconds, micros = tonumber(clock[1]), tonumber(clock[2])
local millis = seconds * 1000 + math.floor(micros / 1000)

local WIDTHS = {
  rpm = { bucket = 1, count = 60, ahead = 70, life = 68 },
  tpm = { bucket = 1, count = 60, ahead = 70, life = 68 },
  rpd = { bucket = 3600, count = 24, ahead = 1, life = 1 },
  tpd = { bucket = 3600, count = 24, ahead = 1, life = 1 },
}
local PARTS = 4
-- Longer than the longest window.
local KEPT = 26 * 3600

local me = cjson.decode(ARGV[1])
local alive, live, lost, count = { [me.id] = true }, 1, {}, 1

local known
if type(me.known) == 'table' then
  known = {}
  for _, id in ipairs(me.known) do known[id] = true end
end
if me.leaves then
  redis.call('HDEL', KEYS[1], me.id)
else
  redis.call('HSET', KEYS[1], me.id, string.format('%.0f:%.0f', millis, me.seen))
end
local replicas = redis.call('HGETALL', KEYS[1])
for at = 1, #replicas, 2 do
  local id = replicas[at]
  if id ~= me.id then
    local renewed, seen = string.match(replicas[at + 1], '^(%d+):(%d+)$')
    local silent = millis - tonumber(renewed)
    local overdue = silent >= me.overdue
    if silent >= me.grace or (overdue and known and not known[id]) then
      redis.call('HDEL', KEYS[1], id)
    else
      if silent < me.lease then
        alive[id] = true
        live = live + 1
      end
      if overdue then lost[#lost + 1] = tonumber(seen) end
      count = count + 1
    end
  end
end

local function set_aside(limit)
  local all = 0
  for _, seen in ipairs(lost) do all = all + math.floor(limit / math.max(seen, 2)) end
  return math.min(all, limit - math.floor(limit / (2 * (#lost + 1))))
end

-- Windows are lists of {label, amount}, the oldest first.
local function change(window, label, by)
  for at, slot in ipairs(window) do
    if slot[1] == label then
      slot[2] = math.max(0, slot[2] + by)
      if slot[2] == 0 then table.remove(window, at) end
      return
    end
    if slot[1] > label then
      if by > 0 then table.insert(window, at, { label, by }) end
      return
    end
  end
  if by > 0 then window[#window + 1] = { label, by } end
end

local function prune(window, width, now)
  while window[1] and window[1][1] < now - width.count do table.remove(window, 1) end
  local newest, far = now + width.ahead, 0
  while window[#window] and window[#window][1] > newest do
    far = far + window[#window][2]
    window[#window] = nil
  end
  change(window, newest, far)
end

local function total(window)
  local sum = 0
  for _, slot in ipairs(window) do sum = sum + slot[2] end
  return sum
end

local function granted(claim, room)
  if claim.need > 0 and claim.least > room then return 0 end
  local spare = math.min(claim.want, math.floor(room / (PARTS * live)))
  return math.max(math.min(claim.need, room), spare)
end

local function in_order(window)
  local slots = {}
  for at, slot in ipairs(window) do slots[at] = string.format('%.0f:%.0f', slot[1], slot[2]) end
  return table.concat(slots, ',')
end

local function settle_window(width, tally, claim)
  local now = math.floor(seconds / width.bucket)
  local window, held = tally.w, tally.h
  prune(window, width, now)
  for id, other in pairs(held) do
    if other.u < now - width.count then held[id] = nil end
  end
  local before = held[me.id]
  held[me.id] = nil
  local heard = before and before.s or claim.answered
  if before and before.s >= claim.answered then change(window, before.u, -before.n) end
  for _, part in ipairs(claim.used) do
    if part.claim > heard then
      for _, slot in ipairs(part.changes) do change(window, slot[1], slot[2]) end
    end
  end
  -- What was told too late counts nowhere.
  while window[1] and window[1][1] < now - width.count do table.remove(window, 1) end
  local aside = set_aside(claim.limit) + (live > 1 and math.floor(claim.limit / 50) or 0)
  local room = math.max(0, claim.limit - aside - total(window) - claim.keep)
  local extra = granted(claim, room)
  local last, amount = now + width.life, claim.keep + extra
  change(window, last, amount)
  local elsewhere = 0
  for id, other in pairs(held) do
    if other.u >= now and alive[id] then elsewhere = elsewhere + other.n end
  end
  held[me.id] = { n = amount, u = last, s = claim.number }
  return { extra = extra, last = last, aside = aside, elsewhere = elsewhere, window = in_order(window) }
end

local function settle_places(tally, claim)
  local held, elsewhere = tally.h, 0
  held[me.id] = nil
  for id, other in pairs(held) do
    if alive[id] then elsewhere = elsewhere + other.n else held[id] = nil end
  end
  local aside = set_aside(claim.limit)
  local extra = granted(claim, math.max(0, claim.limit - aside - elsewhere - claim.keep))
  held[me.id] = { n = claim.keep + extra, u = 0, s = claim.number }
  return { extra = extra, last = 0, aside = aside, elsewhere = elsewhere, window = '' }
end

local grants = {}
for at = 2, #KEYS do
  local state = redis.call('GET', KEYS[at])
  local tallies = state and cjson.decode(state) or {}
  local settled = {}
  for place, asked in ipairs(cjson.decode(ARGV[at])) do
    local measure, claim = asked[1], asked[2]
    local tally = tallies[measure] or { w = {}, h = {} }
    tallies[measure] = tally
    local width = WIDTHS[measure]
    settled[place] = width and settle_window(width, tally, claim) or settle_places(tally, claim)
  end
  redis.call('SET', KEYS[at], cjson.encode(tallies), 'EX', KEPT)
  grants[at - 1] = cjson.encode(settled)
end
return { string.format('%.0f', seconds * 1000000 + micros), count, grants }
