#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/instant.h"
#include "sim/network.h"
#include "sim/random_stream.h"
#include "sim/services/buffer_streams.h"
#include "sim/services/chronicle.h"
#include "sim/services/disk.h"
#include "sim/services/ordered_delay.h"
#include "sim/services/process.h"
#include "sim/services/redis_protocol.h"
#include "sim/services/service_reports.h"

namespace syncline::sim {

// When Redis syncs its append-only file.
enum class AppendFsync : std::uint8_t {
  always,    // Before anybody hears of a change.
  everysec,  // Some time later: a machine that crashes takes what was acknowledged with it.
};

struct RedisSetting {
  AppendFsync appendfsync = AppendFsync::everysec;
  std::uint64_t maxmemory_bytes = std::uint64_t{256} << 20;  // Of the write buffer's entries.
};

// The simulated Redis: one thread that executes commands and scripts in the order of their arrival,
// each atomic; pub/sub that keeps nothing for those who are not connected; an append-only file; a
// replica that can be behind. Each life has a run id of its own.
//
// A crash of the process alone loses nothing that was acknowledged: the kernel has it. A crash of
// the machine and a failover do, and a flush loses everything.
//
// Commands are messages of a connection's opener: they run at their arrival here.
class Redis final : public Listener, public LinkEvents {
 public:
  // All must outlive it. It is down until start().
  Redis(Party self, std::uint64_t seed, const RedisSetting& setting, Network& network,
        const Chronicle& chronicle, ServiceReports& reports);

  Redis(const Redis&) = delete;
  Redis& operator=(const Redis&) = delete;

  // Connections. `origin` names the shard or worker of `from` whose connection it is.

  void hello(LinkId link, Party from, RedisClient& client, std::uint64_t origin);
  void ping(LinkId link);

  // Pub/sub.

  void subscribe(LinkId link, std::uint32_t document);
  void unsubscribe(LinkId link, std::uint32_t document);
  // To all who are subscribed just now, but not to the publisher's own connections.
  void publish(LinkId link, RedisMessage message);

  // The write buffer's scripts. An append publishes, also to the caller's own connections.

  void append(LinkId link, const ScriptCaller& caller, std::uint32_t document,
              std::uint64_t checksum, SharedBytes update, std::uint64_t known_lineage);
  void read(LinkId link, const ScriptCaller& caller, DocumentNumber document,
            ports::BufferPosition after, std::size_t bytes_max);
  void read_heads(LinkId link, const ScriptCaller& caller,
                  const std::vector<DocumentNumber>& documents);
  void claim(LinkId link, std::size_t count_max, Duration lease);
  void trim(LinkId link, const ScriptCaller& caller, DocumentNumber document,
            ports::BufferPosition through);

  // Faults. Those that crash it are followed by start(). What a fault does at once is reported from
  // within the call: it must count as active by then.

  // The process must live until the next crash, which the world brings about when it has died.
  void start(Process& process);
  bool running() const { return process_ != nullptr; }
  void crash();
  // The machine crashes: what was done in the last `amount` and is not synced is gone.
  void lose_tail(Duration amount);
  // The master is lost; a replica that is `amount` behind will be the next to start.
  void failover(Duration amount);
  // FLUSHALL: everything is gone at once; connections and the run id stay.
  void flush();
  // Of one document, as an eviction does: its entries are gone, or what is known of them.
  void evict_entries(DocumentNumber document);
  void evict_header(DocumentNumber document) { streams_.evict_header(document); }
  // 0: none. Each n-th message to a subscriber does not arrive.
  void drop_messages_every(std::uint32_t n) {
    drop_every_ = n;
    messages_ = 0;
  }

  // Observers.
  const BufferStreams& streams() const { return streams_; }
  std::size_t subscription_count() const;
  std::uint64_t commands() const { return commands_; }

  void on_link_open(LinkId) override {}
  void on_link_end(LinkId link, LinkEnd end) override;
  LinkEvents* on_link_arrives(LinkId link, Party from) override;

 private:
  struct Session {
    LinkId link;
    Party party;
    RedisClient* client;
    std::uint64_t origin;
  };

  const Session& session(LinkId link) const;
  void deliver(RedisMessage message, std::uint64_t except_origin);
  // A value of RedisAnswer goes out, once what was done before is as durable as promised.
  template <class Value>
  void answer(const Session& session, std::string_view what, std::size_t bytes, Value value);
  void send(LinkId link, std::string_view what, std::size_t bytes, Action deliver);
  void lose_after(Instant kept_until, faults::FaultKind kind);
  void report_forgotten(std::uint64_t entries);

  // Constant after construction.
  const Party self_;
  const RedisSetting setting_;
  Network& network_;
  ServiceReports& reports_;

  Disk disk_;
  RandomStream random_;
  BufferStreams streams_;

  Process* process_ = nullptr;  // While it runs.
  std::uint64_t run_id_ = 0;
  std::vector<Session> sessions_;                  // Few; looked through.
  std::vector<std::vector<Session>> subscribers_;  // By document number.
  // appendfsync always: what goes out once it is synced, and when it was done.
  OrderedDelay unsynced_;
  std::deque<Instant> unsynced_since_;

  std::uint32_t drop_every_ = 0;
  std::uint32_t messages_ = 0;
  std::uint32_t published_ = 0;
  std::uint64_t commands_ = 0;
};

}  // namespace syncline::sim
