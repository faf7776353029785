#include "server/adapters/redis/script.h"

#include <string>

namespace syncline::adapters::redis {
namespace {

// A lineage is an epoch and 32 random bits below it: it grows, and two that were begun from the
// same state (one of them forgotten since) still differ. It fits a Lua number.
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

-- At maxmemory Redis refuses writes that may take memory, unless the script has written before. A
-- buffer that is full must still be read, drained and trimmed.
local function write_though_full(key) redis.call('HDEL', key, '') end

-- The header and the list disagree: one of them was evicted, or somebody has removed it. Nobody
-- knows which offsets the entries had, so they get new ones, in the lineage that has just begun.
local function number_anew(document, list)
  local count = redis.call('LLEN', list)
  local lineage = struct.pack('<I8', document.lineage)
  for _ = 1, count do
    redis.call('RPUSH', list, lineage .. string.sub(redis.call('LPOP', list), 9))
  end
  document.head = math.max(document.head, count)
  document.trimmed = document.head - count
end

local function touch(key, list, known)
  local document = header(key)
  local whole = redis.call('LLEN', list) == document.head - document.trimmed
  if document.lineage == 0 and whole then return document end
  if document.run == ARGV[1] and document.lineage >= known and whole then return document end
  write_though_full(key)
  document.lineage = next_lineage(document.lineage, known)
  redis.call('HSET', key, 'l', document.lineage, 'r', ARGV[1])
  if not whole then
    number_anew(document, list)
    redis.call('HSET', key, 'h', document.head, 't', document.trimmed)
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
local count = redis.call('RPUSH', KEYS[2], struct.pack('<I8', document.lineage) .. ARGV[5])
local whole = count == document.head - document.trimmed
if not whole then
  if not begins then document.lineage = next_lineage(document.lineage, known) end
  number_anew(document, KEYS[2])
  redis.call('HSET', KEYS[1], 't', document.trimmed)
end
if begins or not whole then
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
local document = touch(KEYS[1], KEYS[2], lineage)
local offset = document.trimmed
if lineage == document.lineage then offset = math.max(offset, after) end
local page = {document.lineage, document.head, document.trimmed, offset}
local at, bytes, count = offset - document.trimmed, 0, 16
while bytes < bytes_max or #page == 4 do
  local found = redis.call('LRANGE', KEYS[2], at, at + count - 1)
  for _, entry in ipairs(found) do
    page[#page + 1] = entry
    bytes = bytes + #entry - 16
    if bytes >= bytes_max then break end
  end
  if #found < count then break end
  at = at + count
  -- About half of what is missing, by the entries seen so far.
  local left = (bytes_max - bytes) / (2 * bytes / (#page - 4) + 1)
  count = math.max(16, math.min(1024, math.ceil(left)))
end
return page
)lua";

constexpr std::string_view read_heads_text = R"lua(
local heads = {}
for i = 1, #KEYS, 2 do
  local document = touch(KEYS[i], KEYS[i + 1], 0)
  heads[#heads + 1] = document.lineage
  heads[#heads + 1] = document.head
  heads[#heads + 1] = document.trimmed
end
return heads
)lua";

constexpr std::string_view lease_function = R"lua(
-- Puts back where they were the documents whose leases are over. A lease that ends later than one
-- given now was given before the clock was set back, and is over, too.
local function end_leases(at, lease)
  for _, range in ipairs({{'-inf', at}, {'(' .. string.format('%.0f', at + lease), '+inf'}}) do
    local over = redis.call('ZRANGEBYSCORE', KEYS[2], range[1], range[2], 'LIMIT', 0, 1000)
    for _, name in ipairs(over) do
      redis.call('ZREM', KEYS[2], name)
      redis.call('ZADD', KEYS[1], redis.call('HGET', KEYS[3], name) or 0, name)
      redis.call('HDEL', KEYS[3], name)
    end
  end
end
)lua";

constexpr std::string_view peek_text = R"lua(
end_leases(now(), tonumber(ARGV[1]))
local times = {}
for i, value in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[2] - 1, 'WITHSCORES')) do
  if i % 2 == 0 then times[i / 2] = tonumber(value) end
end
return times
)lua";

constexpr std::string_view claim_text = R"lua(
local at, lease = now(), tonumber(ARGV[1])
end_leases(at, lease)
-- Taking takes no memory: a full buffer can be claimed, too.
local found = redis.call('ZPOPMIN', KEYS[1], ARGV[2])
if #found == 0 then return found end
local leases = {}
for i = 1, #found, 2 do
  leases[i] = at + lease
  leases[i + 1] = found[i]
end
redis.call('ZADD', KEYS[2], unpack(leases))
redis.call('HSET', KEYS[3], unpack(found))
for i = 2, #found, 2 do found[i] = tonumber(found[i]) end
return found
)lua";

constexpr std::string_view trim_text = R"lua(
local lineage, through = tonumber(ARGV[3]), tonumber(ARGV[4])
local document = touch(KEYS[1], KEYS[2], lineage)
if document.lineage == 0 then return {0, 0, 0} end
write_though_full(KEYS[1])
if lineage == document.lineage and through > document.trimmed then
  local before = document.trimmed
  document.trimmed = math.min(through, document.head)
  redis.call('LTRIM', KEYS[2], document.trimmed - before, -1)
  redis.call('HSET', KEYS[1], 't', document.trimmed)
end
if document.trimmed == document.head then
  -- Clean: the claim is over, and whoever makes it dirty again need not wait for its end.
  redis.call('ZREM', KEYS[3], ARGV[5])
  redis.call('ZREM', KEYS[4], ARGV[5])
  redis.call('HDEL', KEYS[5], ARGV[5])
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
elseif redis.call('HEXISTS', KEYS[5], ARGV[5]) == 1 then
  -- The claimer goes on; for everybody else, who has been served goes to the end of the line.
  redis.call('HSET', KEYS[5], ARGV[5], now())
else
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
          joined({time_function, lease_function, peek_text}),
          joined({time_function, lease_function, claim_text}),
          joined({header_functions, time_function, trim_text}),
          joined({time_function, enter_connections_text})};
}

}  // namespace

std::string_view text_of(Script script) {
  static const std::array<std::string, script_count> texts = all_texts();
  return texts[static_cast<std::size_t>(script)];
}

}  // namespace syncline::adapters::redis
