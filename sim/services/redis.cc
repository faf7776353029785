#include "sim/services/redis.h"

#include <algorithm>

#include "faults/plan/probe.h"
#include "server/base/assert.h"
#include "sim/services/planted_service_bug.h"

namespace syncline::sim {
namespace {

namespace probe = faults::probe;
using faults::FaultKind;

constexpr std::uint64_t nobody = UINT64_MAX;

std::string_view text_of(RedisMessageKind kind) {
  switch (kind) {
    case RedisMessageKind::update:
    case RedisMessageKind::buffered:
      return "update";
    case RedisMessageKind::awareness:
      return "awareness";
    case RedisMessageKind::awareness_query:
      return "awareness query";
  }
  return "?";
}

}  // namespace

Redis::Redis(Party self, std::uint64_t seed, const RedisSetting& setting, Network& network,
             const Chronicle& chronicle, ServiceReports& reports)
    : self_(self),
      setting_(setting),
      network_(network),
      reports_(reports),
      disk_(self, seed, reports),
      random_(seed, "redis", "run-id"),
      streams_(chronicle) {}

// Life and death.

void Redis::start(Process& process) {
  SYNCLINE_ASSERT(!running());
  process_ = &process;
  run_id_ = random_.next() | 1;  // Never 0.
  network_.listen(self_, this);
}

void Redis::crash() {
  SYNCLINE_ASSERT(running());
  process_ = nullptr;
  network_.listen(self_, nullptr);
  network_.drop_all_of(self_);
  sessions_.clear();
  subscribers_.clear();
  unsynced_.clear();
  unsynced_since_.clear();
}

void Redis::lose_tail(Duration amount) {
  Instant kept_until = process_->now() - amount;
  if (setting_.appendfsync == AppendFsync::always) {
    const Instant synced =
        unsynced_since_.empty() ? process_->now() : unsynced_since_.front() - Duration{1};
    kept_until = std::max(kept_until, synced);
  }
  lose_after(kept_until, FaultKind::lose_tail);
}

void Redis::failover(Duration amount) { lose_after(process_->now() - amount, FaultKind::failover); }

void Redis::lose_after(Instant kept_until, FaultKind kind) {
  if (!sessions_.empty()) reports_.on_observed(self_, kind);
  crash();
  report_forgotten(streams_.lose_after(kept_until));
}

void Redis::flush() {
  const std::uint64_t forgotten = streams_.flush();
  if (forgotten > 0) reports_.on_observed(self_, FaultKind::flush);
  report_forgotten(forgotten);
}

void Redis::evict_entries(DocumentNumber document) {
  report_forgotten(streams_.evict_entries(document));
}

void Redis::report_forgotten(std::uint64_t entries) {
  if (entries > 0) reports_.on_probe(probe::redis_forgets);
}

// Connections.

LinkEvents* Redis::on_link_arrives(LinkId, Party) { return running() ? this : nullptr; }

void Redis::on_link_end(LinkId link, LinkEnd) {
  const auto of_link = [link](const Session& session) { return session.link == link; };
  std::erase_if(sessions_, of_link);
  for (std::vector<Session>& of_document : subscribers_) std::erase_if(of_document, of_link);
}

void Redis::hello(LinkId link, Party from, RedisClient& client, std::uint64_t origin) {
  SYNCLINE_ASSERT(running());
  sessions_.push_back({.link = link, .party = from, .client = &client, .origin = origin});
  send(link, "hello", 64,
       [client = &client, link, run_id = run_id_] { client->on_redis_hello(link, run_id); });
}

const Redis::Session& Redis::session(LinkId link) const {
  const auto at = std::find_if(sessions_.begin(), sessions_.end(),
                               [link](const Session& session) { return session.link == link; });
  SYNCLINE_ASSERT(at != sessions_.end());
  return *at;
}

void Redis::ping(LinkId link) { answer(session(link), "pong", 8, RedisPong{}); }

// Pub/sub.

void Redis::subscribe(LinkId link, std::uint32_t document) {
  if (document >= subscribers_.size()) subscribers_.resize(document + 1);
  const Session& subscriber = session(link);
  subscribers_[document].push_back(subscriber);
  send(link, "subscribed", 32, [client = subscriber.client, link, document] {
    client->on_redis_subscribed(link, document);
  });
}

void Redis::unsubscribe(LinkId link, std::uint32_t document) {
  if (document >= subscribers_.size()) return;
  std::erase_if(subscribers_[document],
                [link](const Session& session) { return session.link == link; });
}

void Redis::publish(LinkId link, RedisMessage message) {
  ++commands_;
  deliver(std::move(message), session(link).origin);
}

void Redis::deliver(RedisMessage message, std::uint64_t except_origin) {
  if (planted(ServiceBug::published_to_next_document) && ++published_ % 64 == 0) {
    ++message.document;
  }
  if (message.document >= subscribers_.size()) return;
  for (const Session& subscriber : subscribers_[message.document]) {
    if (subscriber.origin == except_origin) continue;
    if (drop_every_ > 0 && ++messages_ % drop_every_ == 0) {
      reports_.on_observed(self_, FaultKind::drop_messages);
      continue;
    }
    send(subscriber.link, text_of(message.kind), 48 + message.payload.size(),
         [client = subscriber.client, link = subscriber.link, message]() mutable {
           client->on_redis_message(link, std::move(message));
         });
  }
}

std::size_t Redis::subscription_count() const {
  std::size_t count = 0;
  for (const std::vector<Session>& of_document : subscribers_) count += of_document.size();
  return count;
}

// The write buffer.

void Redis::append(LinkId link, const ScriptCaller& caller, std::uint32_t document,
                   std::uint64_t checksum, SharedBytes update, std::uint64_t known_lineage) {
  ++commands_;
  const Session& caller_session = session(link);
  reports_.on_probe(probe::append_arrives);
  if (streams_.bytes() + update.size() > setting_.maxmemory_bytes) {
    return answer(caller_session, "out of memory", 32, RedisError::out_of_memory);
  }
  const ports::BufferPosition position =
      streams_.append(caller, process_->now(), caller_session.party, DocumentNumber{document},
                      checksum, update, known_lineage);
  answer(caller_session, "buffered", 32, position);
  deliver({.document = document,
           .kind = RedisMessageKind::buffered,
           .position = position,
           .payload = std::move(update)},
          nobody);
}

void Redis::read(LinkId link, const ScriptCaller& caller, DocumentNumber document,
                 ports::BufferPosition after, std::size_t bytes_max) {
  ++commands_;
  ports::BufferPage page = streams_.read(caller, process_->now(), document, after, bytes_max);
  std::size_t bytes = 48;
  for (const ports::BufferRecord& record : page.records) bytes += 40 + record.update.size();
  answer(session(link), "buffer page", bytes, std::move(page));
}

void Redis::read_heads(LinkId link, const ScriptCaller& caller,
                       const std::vector<DocumentNumber>& documents) {
  ++commands_;
  std::vector<ports::BufferHead> heads;
  heads.reserve(documents.size());
  for (const DocumentNumber document : documents) {
    heads.push_back(streams_.head(caller, process_->now(), document));
  }
  answer(session(link), "buffer heads", 16 + 24 * heads.size(), std::move(heads));
}

void Redis::claim(LinkId link, std::size_t count_max, Duration lease) {
  ++commands_;
  std::vector<DocumentNumber> documents =
      streams_.claim(process_->now(), process_->wall_now(), count_max, lease);
  if (!documents.empty()) reports_.on_probe(probe::claim);
  answer(session(link), "claimed", 16 + 16 * documents.size(), std::move(documents));
}

void Redis::trim(LinkId link, const ScriptCaller& caller, DocumentNumber document,
                 ports::BufferPosition through) {
  ++commands_;
  reports_.on_probe(probe::trim);
  answer(session(link), "trimmed", 40, streams_.trim(caller, process_->now(), document, through));
}

// Answers.

template <class Value>
void Redis::answer(const Session& session, std::string_view what, std::size_t bytes, Value value) {
  send(session.link, what, bytes,
       [client = session.client, link = session.link, value = std::move(value)]() mutable {
         client->on_redis_answer(link, std::move(value));
       });
}

void Redis::send(LinkId link, std::string_view what, std::size_t bytes, Action deliver) {
  const auto weight = static_cast<std::uint32_t>(bytes);
  if (setting_.appendfsync == AppendFsync::everysec) {
    return network_.send(link, Side::accepter, weight, what, std::move(deliver));
  }
  unsynced_since_.push_back(process_->now());
  unsynced_.after(*process_, disk_.sync_time(),
                  [this, link, weight, what, deliver = std::move(deliver)]() mutable {
                    unsynced_since_.pop_front();
                    network_.send(link, Side::accepter, weight, what, std::move(deliver));
                  });
}

}  // namespace syncline::sim
