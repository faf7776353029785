// What Redis costs, measured through the adapter against a redis-server of its own (AOF everysec).
//
//   redis_bench append [DOCUMENTS [IN_FLIGHT [SECONDS [UPDATE_BYTES]]]]   appends a second
//   redis_bench read [DOCUMENTS [UPDATES [PAGE_BYTES [UPDATE_BYTES]]]]    pages and updates a
//   second redis_bench memory [DOCUMENTS [UPDATE_BYTES]]                         bytes a document,
//   an edit redis_bench dirty [DOCUMENTS [CLAIM]]                                 time of a claim

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/adapters/redis/redis_write_buffer.h"
#include "server/base/assert.h"
#include "tests/services/redis_process.h"
#include "tests/unit/adapters/queue_executor.h"
#include "tests/unit/adapters/redis/redis_world.h"

namespace syncline::adapters {
namespace {

using tests::RedisProcess;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// The number after `name:` in a section of INFO.
double info(const RedisProcess& redis, const std::string& section, const std::string& name) {
  const std::string text = redis.ask({"INFO", section});
  const std::size_t at = text.find(name + ":");
  SYNCLINE_ASSERT(at != std::string::npos, name);
  return std::strtod(text.c_str() + at + name.size() + 1, nullptr);
}

double redis_cpu(const RedisProcess& redis) {
  return info(redis, "cpu", "used_cpu_user_main_thread") +
         info(redis, "cpu", "used_cpu_sys_main_thread");
}

double own_cpu() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// A shard that asks and counts the answers.
class Shard final : public ports::WriteBufferSink {
 public:
  explicit Shard(RedisClient& client) : buffer(client, executor) { buffer.attach(*this); }

  void append(const DocumentName& document, const SharedBytes& update) {
    ++waiting;
    buffer.append(RequestToken{++token}, document, update, token, 0);
  }
  void wait(std::size_t at_most = 0) {
    SYNCLINE_ASSERT(
        executor.run_until([&] { return waiting <= at_most; }, std::chrono::seconds(600)));
  }

  void on_buffer_append_done(RequestToken, ports::BufferAppendResult result) override {
    SYNCLINE_ASSERT(result.outcome == ports::Outcome::committed);
    ++appended;
    --waiting;
  }
  void on_buffer_page(RequestToken asked, Result<ports::BufferPage> page) override {
    --waiting;
    pages.emplace(asked, *std::move(page));
  }
  void on_buffer_heads(RequestToken, Result<ports::BufferHeads> found) override {
    --waiting;
    heads = *std::move(found);
  }
  void on_buffer_claimed(RequestToken, Result<std::vector<DocumentName>> documents) override {
    --waiting;
    claimed = *std::move(documents);
  }
  void on_buffer_trimmed(RequestToken, Result<ports::BufferHead>) override { --waiting; }

  QueueExecutor executor;
  RedisWriteBuffer buffer;
  std::uint64_t token = 0;
  std::size_t waiting = 0;
  std::size_t appended = 0;
  std::map<RequestToken, ports::BufferPage> pages;
  ports::BufferHeads heads;
  std::vector<DocumentName> claimed;
};

struct World {
  World() {
    RedisOptions options = RedisOptions::parse(redis.url()).value();
    options.answer_timeout = seconds(60);
    client = RedisClient::open(options, clock, metrics, log).value();
    SYNCLINE_ASSERT(client->wait_until_connected(seconds(10)));
    shard = std::make_unique<Shard>(*client);
  }
  ~World() { client->stop(); }

  void name_documents(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      // As long as an id of a real document.
      names.push_back(
          DocumentName::parse("workspace/7f2c/document-" + std::to_string(100000 + i)).value());
    }
  }
  // So many updates to each document, as fast as they go.
  void fill(std::uint64_t updates_each, const SharedBytes& update) {
    for (std::uint64_t i = 0; i < updates_each; ++i) {
      for (const DocumentName& name : names) {
        shard->append(name, update);
        if (shard->waiting >= 2000) shard->wait(1000);
      }
    }
    shard->wait();
  }

  RedisProcess redis{{.appendfsync = "everysec"}};
  SteadyClock clock;
  SummingMetrics metrics;
  LineLog log;
  std::unique_ptr<RedisClient> client;
  std::unique_ptr<Shard> shard;
  std::vector<DocumentName> names;
};

SharedBytes update_of(std::uint64_t bytes) {
  return SharedBytes(Bytes(static_cast<std::size_t>(bytes), std::byte{7}));
}

void append(std::uint64_t documents, std::uint64_t in_flight, std::uint64_t seconds,
            std::uint64_t bytes) {
  World world;
  world.name_documents(documents);
  const SharedBytes update = update_of(bytes);
  const double redis_before = redis_cpu(world.redis);
  const double own_before = own_cpu();
  const auto begin = Clock::now();
  std::uint64_t sent = 0;
  while (seconds_since(begin) < static_cast<double>(seconds)) {
    while (world.shard->waiting < in_flight) {
      world.shard->append(world.names[sent++ % world.names.size()], update);
    }
    world.shard->wait(in_flight - 1);
  }
  world.shard->wait();
  const double elapsed = seconds_since(begin);
  const auto count = static_cast<double>(world.shard->appended);
  std::printf(
      "append: documents %llu, in flight %llu, %llu bytes: %.0f appends/s, CPU an append: "
      "%.1f us of Redis, %.1f us here\n",
      static_cast<unsigned long long>(documents), static_cast<unsigned long long>(in_flight),
      static_cast<unsigned long long>(bytes), count / elapsed,
      (redis_cpu(world.redis) - redis_before) / count * 1e6,
      (own_cpu() - own_before) / count * 1e6);
}

// As a worker reads: all documents a page at a time, many on their way at once.
void read(std::uint64_t documents, std::uint64_t updates, std::uint64_t page_bytes,
          std::uint64_t bytes) {
  World world;
  world.name_documents(documents);
  world.fill(updates / documents, update_of(bytes));
  Shard& shard = *world.shard;
  const double redis_before = redis_cpu(world.redis);
  const double own_before = own_cpu();
  const auto begin = Clock::now();
  std::map<RequestToken, std::size_t> asked;
  const auto ask = [&](std::size_t document, ports::BufferPosition after) {
    ++shard.waiting;
    asked.emplace(RequestToken{++shard.token}, document);
    shard.buffer.read(RequestToken{shard.token}, world.names[document], after,
                      static_cast<std::size_t>(page_bytes));
  };
  std::size_t next = 0;
  std::size_t pages = 0;
  double found = 0;
  while (next < world.names.size() || shard.waiting > 0) {
    while (next < world.names.size() && shard.waiting < 16) ask(next++, {});
    shard.executor.run_until([&] { return !shard.pages.empty(); });
    for (const auto& [token, page] : std::exchange(shard.pages, {})) {
      ++pages;
      found += static_cast<double>(page.records.size());
      const ports::BufferPosition last = page.records.back().position;
      if (last.offset < page.head.head) ask(asked.at(token), {page.head.lineage, last.offset});
    }
  }
  const double elapsed = seconds_since(begin);
  std::printf(
      "read: documents %llu, %llu bytes an update, pages of %llu bytes: %.0f pages/s, "
      "%.0f updates/s, CPU an update: %.2f us of Redis, %.2f us here\n",
      static_cast<unsigned long long>(documents), static_cast<unsigned long long>(bytes),
      static_cast<unsigned long long>(page_bytes), static_cast<double>(pages) / elapsed,
      found / elapsed, (redis_cpu(world.redis) - redis_before) / found * 1e6,
      (own_cpu() - own_before) / found * 1e6);
}

void memory(std::uint64_t documents, std::uint64_t bytes) {
  World world;
  world.name_documents(documents);
  const auto count = static_cast<double>(documents);
  const auto used = [&] { return info(world.redis, "memory", "used_memory"); };
  const double empty = used();
  double before = empty;
  std::uint64_t edits = 0;
  for (const std::uint64_t total : {1, 10, 100}) {
    world.fill(total - edits, update_of(bytes));
    const double now = used();
    std::printf("memory: %llu edits of %llu bytes in each document: %.0f bytes a document",
                static_cast<unsigned long long>(total), static_cast<unsigned long long>(bytes),
                (now - empty) / count);
    if (edits > 0) {
      std::printf(", %.1f a further edit",
                  (now - before) / count / static_cast<double>(total - edits));
    }
    std::printf("\n");
    before = now;
    edits = total;
  }
  world.shard->waiting = world.names.size();
  for (const DocumentName& name : world.names) {
    // All that there is, under whatever lineage.
    world.shard->buffer.read(RequestToken{++world.shard->token}, name, {}, 1);
  }
  world.shard->wait();
  const std::uint64_t lineage = world.shard->pages.begin()->second.head.lineage;
  SYNCLINE_ASSERT(lineage > 0);
  std::size_t at = 0;
  world.shard->waiting = world.names.size();
  for (const auto& [token, page] : world.shard->pages) {
    world.shard->buffer.trim(RequestToken{++world.shard->token}, world.names[at++],
                             {page.head.lineage, page.head.head});
  }
  world.shard->wait();
  std::printf("memory: drained: %.0f bytes a document that was edited within the last week\n",
              (used() - empty) / count);
}

void dirty(std::uint64_t documents, std::uint64_t claim) {
  World world;
  world.name_documents(documents);
  const auto begin = Clock::now();
  world.fill(1, update_of(25));
  std::printf("dirty: %llu documents, each with an edit, after %.1f s\n",
              static_cast<unsigned long long>(documents), seconds_since(begin));
  Shard& shard = *world.shard;
  std::size_t claims = 0;
  std::size_t found = 0;
  double slowest = 0;
  const auto claiming = Clock::now();
  const double redis_before = redis_cpu(world.redis);
  do {
    const auto one = Clock::now();
    ++shard.waiting;
    shard.buffer.claim(RequestToken{++shard.token}, static_cast<std::size_t>(claim), seconds(60));
    shard.wait();
    found += shard.claimed.size();
    ++claims;
    slowest = std::max(slowest, seconds_since(one));
  } while (!shard.claimed.empty());
  std::printf(
      "dirty: claims of %llu: %.2f ms a claim (the slowest %.2f ms, %.2f ms of Redis), "
      "%zu of %llu documents claimed\n",
      static_cast<unsigned long long>(claim),
      seconds_since(claiming) / static_cast<double>(claims) * 1e3, slowest * 1e3,
      (redis_cpu(world.redis) - redis_before) / static_cast<double>(claims) * 1e3, found,
      static_cast<unsigned long long>(documents));
  const auto look = Clock::now();
  ++shard.waiting;
  shard.buffer.claim(RequestToken{++shard.token}, static_cast<std::size_t>(claim), seconds(60));
  shard.wait();
  std::printf("dirty: a claim that finds everything claimed: %.2f ms\n", seconds_since(look) * 1e3);
  const auto heads = Clock::now();
  ++shard.waiting;
  shard.buffer.read_heads(RequestToken{++shard.token}, world.names);
  shard.wait();
  std::printf("dirty: reading the heads of all: %.1f ms\n", seconds_since(heads) * 1e3);
}

}  // namespace
}  // namespace syncline::adapters

int main(int argc, char** argv) {
  const auto number = [argc, argv](int index, std::uint64_t otherwise) {
    return argc > index ? std::strtoull(argv[index], nullptr, 10) : otherwise;
  };
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "append") {
    syncline::adapters::append(number(2, 100), number(3, 1000), number(4, 5), number(5, 25));
  } else if (what == "read") {
    syncline::adapters::read(number(2, 100), number(3, 500000), number(4, 512 * 1024),
                             number(5, 25));
  } else if (what == "memory") {
    syncline::adapters::memory(number(2, 10000), number(3, 25));
  } else if (what == "dirty") {
    syncline::adapters::dirty(number(2, 100000), number(3, 1000));
  } else {
    std::fprintf(stderr, "redis_bench append|read|memory|dirty; see its source for the numbers\n");
    return 2;
  }
  return 0;
}
