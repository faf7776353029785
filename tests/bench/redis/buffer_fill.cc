// Appends to the write buffer of a cluster that runs, through the adapter and the script by which
// nodes append: what people would leave there who type at the end of a text, one letter or deletion
// (every tenth) an update. For benchmarks that need a backlog sooner than it could be typed.
//
//   SYNCLINE_REDIS=URL buffer_fill DOCUMENTS UPDATES [FIRST [PREFIX]]
//
// UPDATES to each document, in turn; FIRST of them are there already, from a run before. Prints
// what is there now: `documents N updates N bytes N seconds S`.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "server/adapters/redis/redis_client.h"
#include "server/adapters/redis/redis_options.h"
#include "server/base/assert.h"
#include "server/core/checksum.h"
#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "tests/bench/redis/shard.h"
#include "tests/unit/adapters/redis/redis_world.h"

namespace syncline::adapters {
namespace {

struct Typed {
  SharedBytes update;
  std::uint64_t checksum;
};

// One writer's updates; every document may have the same.
std::vector<Typed> type(std::uint64_t count) {
  crdt::Doc doc({.client_id = 2'718'281'828});
  std::vector<Typed> typed;
  typed.reserve(count);
  crdt::Clock length = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const bool deletes = i % 10 == 9;
    Bytes update = doc.transact([&](crdt::Doc& in) {
      crdt::Text text = in.text("text");
      const std::string letter(1, static_cast<char>('a' + i % 26));
      const auto edited = deletes ? text.remove(length - 1, 1) : text.insert(length, letter);
      SYNCLINE_ASSERT(edited.ok());
    });
    length = deletes ? length - 1 : length + 1;
    const std::uint64_t checksum = core::checksum(update);
    typed.push_back({SharedBytes(std::move(update)), checksum});
  }
  return typed;
}

std::vector<DocumentName> name(std::uint64_t count, const std::string& prefix) {
  std::vector<DocumentName> names;
  names.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    names.push_back(DocumentName::parse(prefix + std::to_string(100'000 + i)).value());
  }
  return names;
}

int fill(const RedisOptions& options, std::uint64_t documents, std::uint64_t updates,
         std::uint64_t first, const std::string& prefix) {
  SteadyClock clock;
  SummingMetrics metrics;
  LineLog log;
  const auto client = RedisClient::open(options, clock, metrics, log).value();
  if (!client->wait_until_connected(seconds(10))) {
    std::fprintf(stderr, "buffer_fill: no connection to %s\n", options.display().c_str());
    return 1;
  }
  Shard shard(*client);
  const std::vector<DocumentName> names = name(documents, prefix);
  const std::vector<Typed> typed = type(first + updates);
  std::uint64_t bytes = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = first; i < first + updates; ++i) {
    for (const DocumentName& each : names) {
      shard.append_in_turn(each, typed[i].update, typed[i].checksum);
      bytes += typed[i].update.size();
    }
  }
  shard.wait();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  client->stop();
  std::printf("documents %llu updates %llu bytes %llu seconds %.3f\n",
              static_cast<unsigned long long>(documents),
              static_cast<unsigned long long>(documents * updates),
              static_cast<unsigned long long>(bytes), taken.count());
  return 0;
}

}  // namespace
}  // namespace syncline::adapters

int main(int argc, char** argv) {
  const auto number = [argc, argv](int index, std::uint64_t otherwise) {
    return argc > index ? std::strtoull(argv[index], nullptr, 10) : otherwise;
  };
  const char* const url = std::getenv("SYNCLINE_REDIS");
  if (url == nullptr || argc < 3) {
    std::fprintf(stderr, "SYNCLINE_REDIS=URL buffer_fill DOCUMENTS UPDATES [FIRST [PREFIX]]\n");
    return 2;
  }
  auto options = syncline::adapters::RedisOptions::parse(url);
  if (!options.ok()) {
    std::fprintf(stderr, "buffer_fill: %s\n", options.error().message().c_str());
    return 2;
  }
  options->answer_timeout = std::chrono::seconds(60);
  return syncline::adapters::fill(*options, number(1, 0), number(2, 0), number(3, 0),
                                  argc > 4 ? argv[4] : "workspace/7f2c/document-");
}
