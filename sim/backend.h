#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "server/ports/broker.h"
#include "server/ports/drain_store.h"
#include "server/ports/history_store.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"
#include "server/ports/write_buffer.h"
#include "sim/network.h"
#include "sim/random_stream.h"
#include "sim/services/document_numbers.h"
#include "sim/services/embedded_store.h"
#include "sim/services/postgres.h"
#include "sim/services/process.h"
#include "sim/services/redis.h"
#include "sim/services/service_reports.h"

namespace syncline::sim {

// The services of a cluster. Either PostgreSQL and Redis, or the embedded store.
struct Services {
  Network& network;
  DocumentNumbers& documents;
  ServiceReports& reports;
  Postgres* postgres = nullptr;
  Redis* redis = nullptr;
  EmbeddedStore* store = nullptr;
  bool buffer = false;  // durability=buffer.
};

// Where the answers of a backend go. A node's shard hears of everything but drains and history, a
// worker of everything but the broker.
struct BackendSinks {
  ports::UpdateStoreSink& updates;
  ports::SnapshotStoreSink& snapshots;
  ports::WriteBufferSink& buffer;
  ports::BrokerSink* broker = nullptr;
  ports::DrainStoreSink* drains = nullptr;
  ports::HistoryStoreSink* history = nullptr;
  // A connection to Redis was lost and is back; also told when it is made for the first time.
  std::function<void()> reconnected = {};
};

// One shard's, or one worker's, connections to the services: its storage ports. They end with it.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual ports::UpdateStore& updates() = 0;
  virtual ports::SnapshotStore& snapshots() = 0;
  virtual ports::Broker& broker() = 0;
  // Null without the write buffer.
  virtual ports::WriteBuffer* buffer() = 0;
  virtual ports::DrainStore* drains() = 0;
  virtual ports::HistoryStore& history() = 0;
};

// `origin` tells the shards and workers of a run apart. Services and process must outlive it.
std::unique_ptr<Backend> make_backend(const Services& services, Party self, std::uint64_t origin,
                                      Process& process, RandomStream random,
                                      const BackendSinks& sinks);

}  // namespace syncline::sim
