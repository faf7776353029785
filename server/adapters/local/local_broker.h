#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/ports/broker.h"
#include "server/ports/executor.h"

namespace syncline::adapters {

class LocalBroker;

struct DocumentNameHash {
  std::size_t operator()(const DocumentName& name) const {
    return static_cast<std::size_t>(stable_hash(name));
  }
};

// Who subscribed to what, for all shards of one process. Must outlive its brokers. May be used from
// any thread.
class LocalBrokerHub {
 public:
  LocalBrokerHub() = default;
  LocalBrokerHub(const LocalBrokerHub&) = delete;
  LocalBrokerHub& operator=(const LocalBrokerHub&) = delete;

 private:
  friend class LocalBroker;

  void subscribe(const DocumentName& document, LocalBroker& broker);
  void unsubscribe(const DocumentName& document, LocalBroker& broker);

  // Calls `deliver` for each subscriber but the publisher. It must not call the hub.
  void for_each_other(const DocumentName& document, const LocalBroker& publisher,
                      const std::function<void(LocalBroker&)>& deliver);

  std::mutex mutex_;
  // Nearly always one subscriber: a document lives on one shard of a node.
  std::unordered_map<DocumentName, std::vector<LocalBroker*>, DocumentNameHash> subscribers_;
};

// The broker of one shard, in a process that is the only node. Its calls are made on the shard's
// thread; what others publish comes through the shard's executor.
//
// It must live until the executor runs no more tasks.
class LocalBroker final : public ports::Broker {
 public:
  LocalBroker(LocalBrokerHub& hub, ports::Executor& executor);
  ~LocalBroker() override;

  LocalBroker(const LocalBroker&) = delete;
  LocalBroker& operator=(const LocalBroker&) = delete;

  // Where messages go. REQUIRES: called before the first subscription. The sink must outlive the
  // subscriptions.
  void attach(ports::BrokerSink& sink);

  void subscribe(const DocumentName& document) override;
  void unsubscribe(const DocumentName& document) override;

  void publish_update(const DocumentName& document, Sequence sequence, SharedBytes update) override;
  void publish_awareness(const DocumentName& document, SharedBytes awareness) override;
  void query_awareness(const DocumentName& document) override;

 private:
  // Runs `message` on the thread of each other subscriber, if it still is one by then.
  void publish(const DocumentName& document,
               const std::function<void(ports::BrokerSink&)>& message);

  LocalBrokerHub& hub_;
  ports::Executor& executor_;
  ports::BrokerSink* sink_ = nullptr;  // Constant after attach().

  // This shard's thread only. Looked up, never iterated where it could be observed.
  std::unordered_set<DocumentName, DocumentNameHash> subscriptions_;
};

}  // namespace syncline::adapters
