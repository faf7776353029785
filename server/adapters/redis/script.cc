#include "server/adapters/redis/script.h"

#include <string>

namespace syncline::adapters::redis {
namespace {

// A lineage is an epoch and 32 random bits below it: it grows, and two that were begun from the
// same state (one of them forgotten since) still differ. It fits a Lua number. Lua writes large
// numbers with an exponent when it concatenates them; Redis, given numbers, does not.
constexpr std::string_view header_functions = R"lua(
local function header(key)
  local found = redis.call('HMGET', key, 'l', 'r', 'h', 't')
  return {lineage = tonumber(found[1] or '0'), run = found[2],
          head = tonumber(found[3] or '0'), trimmed = tonumber(found[4] or '0')}
end

local function next_lineage(lineage, known)
  local epoch = math.floor(math.max(lineage, known) / 4294967296) + 1
  return epoch * 4294967296 + tonumber(ARGV[2])
end

local function id(offset, lineage) return string.format('%.0f-%.0f', offset, lineage) end

-- At maxmemory Redis refuses writes that may take memory, unless the script has written before. A
-- buffer that is full must still be read, drained and trimmed.
local function write_though_full(key) redis.call('HDEL', key, '') end

local function touch(key, known)
  local document = header(key)
  if document.lineage == 0 then return document end
  if document.run ~= ARGV[1] or document.lineage < known then
    write_though_full(key)
    document.lineage = next_lineage(document.lineage, known)
    redis.call('HSET', key, 'l', document.lineage, 'r', ARGV[1])
  end
  return document
end
)lua";

constexpr std::string_view time_function = R"lua(
-- Microseconds of Redis's time of day: it orders work and ends leases, which protect nothing.
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end
)lua";

constexpr std::string_view append_text = R"lua(
local document = header(KEYS[1])
local known = tonumber(ARGV[3])
local begins = document.run ~= ARGV[1] or document.lineage < known
if begins then document.lineage = next_lineage(document.lineage, known) end
local was_clean = document.head == document.trimmed
document.head = document.head + 1
redis.call('XADD', KEYS[2], id(document.head, document.lineage), 'u', ARGV[5])
if begins then
  redis.call('HSET', KEYS[1], 'l', document.lineage, 'r', ARGV[1], 'h', document.head)
else
  redis.call('HSET', KEYS[1], 'h', document.head)
end
if was_clean then
  redis.call('ZADD', KEYS[3], now(), ARGV[4])
  redis.call('PERSIST', KEYS[1])
end
-- The entry stands, whether it can be published or not.
local published = redis.pcall(ARGV[6], KEYS[4],
    struct.pack('<BI8I8', 2, document.lineage, document.head) .. ARGV[5])
if type(published) == 'table' then
  return {document.lineage, document.head, published.err}
end
return {document.lineage, document.head}
)lua";

constexpr std::string_view read_text = R"lua(
local lineage, after, bytes_max = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local document = touch(KEYS[1], lineage)
local offset = document.trimmed
if lineage == document.lineage then offset = math.max(offset, after) end
local page = {document.lineage, document.head, document.trimmed}
local bytes, count = 0, 16
while offset < document.head and (bytes < bytes_max or #page == 3) do
  local found = redis.call('XRANGE', KEYS[2], id(offset + 1, 0), '+', 'COUNT', count)
  if #found == 0 then break end
  for _, entry in ipairs(found) do
    local value = entry[2][2]
    page[#page + 1] = entry[1]
    page[#page + 1] = value
    bytes = bytes + #value - 8
    offset = offset + 1
    if bytes >= bytes_max then break end
  end
  -- About what is missing, by the entries seen so far.
  local left = (bytes_max - bytes) / (2 * bytes / (#page - 3) + 1)
  count = math.max(16, math.min(1024, math.ceil(left)))
end
return page
)lua";

constexpr std::string_view read_heads_text = R"lua(
local heads = {}
for _, key in ipairs(KEYS) do
  local document = touch(key, 0)
  heads[#heads + 1] = document.lineage
  heads[#heads + 1] = document.head
  heads[#heads + 1] = document.trimmed
end
return heads
)lua";

constexpr std::string_view free_function = R"lua(
-- Names and times of the longest dirty documents that nobody has claimed. A lease that ends later
-- than one given now was given before the clock was set back, and is over.
local function free(now, lease, count)
  local found, from = {}, 0
  local claimed = redis.call('EXISTS', KEYS[2]) == 1
  local width = math.max(16, math.min(1000, count))
  while #found < 2 * count do
    local page = redis.call('ZRANGE', KEYS[1], from, from + width - 1, 'WITHSCORES')
    if #page == 0 then break end
    local names, ends = {}, {}
    for i = 1, #page, 2 do names[#names + 1] = page[i] end
    if claimed then ends = redis.call('ZMSCORE', KEYS[2], unpack(names)) end
    for i = 1, #names do
      local lease_ends = tonumber(ends[i] or '0')
      if (now >= lease_ends or lease_ends > now + lease) and #found < 2 * count then
        found[#found + 1] = names[i]
        found[#found + 1] = tonumber(page[2 * i])
      end
    end
    from = from + width
  end
  return found
end
)lua";

constexpr std::string_view peek_text = R"lua(
local times = {}
for i, value in ipairs(free(now(), tonumber(ARGV[1]), tonumber(ARGV[2]))) do
  if i % 2 == 0 then times[i / 2] = value end
end
return times
)lua";

constexpr std::string_view claim_text = R"lua(
local at, lease = now(), tonumber(ARGV[1])
local found = free(at, lease, tonumber(ARGV[2]))
-- First what takes no memory: a full buffer must be claimed, too.
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', at)
for i = 1, #found, 2 do redis.call('ZADD', KEYS[2], at + lease, found[i]) end
return found
)lua";

constexpr std::string_view trim_text = R"lua(
local lineage, through = tonumber(ARGV[3]), tonumber(ARGV[4])
local document = touch(KEYS[1], lineage)
if document.lineage == 0 then return {0, 0, 0} end
write_though_full(KEYS[1])
if lineage == document.lineage and through > document.trimmed then
  document.trimmed = math.min(through, document.head)
  if document.trimmed == document.head then
    redis.call('UNLINK', KEYS[2])
  else
    redis.call('XTRIM', KEYS[2], 'MINID', id(document.trimmed + 1, 0))
  end
  redis.call('HSET', KEYS[1], 't', document.trimmed)
end
if document.trimmed == document.head then
  -- Clean: the claim is over, and whoever makes it dirty again need not wait for its end.
  redis.call('ZREM', KEYS[3], ARGV[5])
  redis.call('ZREM', KEYS[4], ARGV[5])
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
else
  -- The claimer goes on; for everybody else, who has been served goes to the end of the line.
  redis.call('ZADD', KEYS[3], now(), ARGV[5])
end
return {document.lineage, document.head, document.trimmed}
)lua";

// The hash of a node's connections lives as long as it is renewed, and so does its place in
// `nodes`.
constexpr std::string_view enter_connections_text = R"lua(
if #ARGV > 2 then redis.call('HSET', KEYS[1], unpack(ARGV, 3)) end
local alive = redis.call('PEXPIRE', KEYS[1], ARGV[1])
local at = now()
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', at)
redis.call('ZADD', KEYS[2], at + 1000 * ARGV[1], ARGV[2])
return alive
)lua";

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

std::array<std::string, script_count> all_texts() {
  return {joined({header_functions, time_function, append_text}),
          joined({header_functions, read_text}),
          joined({header_functions, read_heads_text}),
          joined({time_function, free_function, peek_text}),
          joined({time_function, free_function, claim_text}),
          joined({header_functions, time_function, trim_text}),
          joined({time_function, enter_connections_text})};
}

}  // namespace

std::string_view text_of(Script script) {
  static const std::array<std::string, script_count> texts = all_texts();
  return texts[static_cast<std::size_t>(script)];
}

}  // namespace syncline::adapters::redis
