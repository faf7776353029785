#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "server/ports/broker.h"
#include "server/ports/random.h"
#include "sim/services/document_numbers.h"
#include "sim/services/process.h"

namespace syncline::sim {

class LocalBroker;

// The shards of one node that is alone, as its brokers know each other. Lives as long as the
// process.
class LocalBrokerHub {
 public:
  // All must outlive the hub.
  LocalBrokerHub(Process& process, ports::Random& random, DocumentNumbers& numbers)
      : process_(process), random_(random), numbers_(numbers) {}

  LocalBrokerHub(const LocalBrokerHub&) = delete;
  LocalBrokerHub& operator=(const LocalBrokerHub&) = delete;

 private:
  friend class LocalBroker;

  Process& process_;
  ports::Random& random_;
  DocumentNumbers& numbers_;
  std::vector<LocalBroker*> brokers_;
};

// The broker of one shard in such a node: other shards hear what it publishes a moment later, and
// never lose anything. Must not be destroyed before the process has died or ended.
class LocalBroker final : public ports::Broker {
 public:
  explicit LocalBroker(LocalBrokerHub& hub) : hub_(hub) { hub_.brokers_.push_back(this); }

  // Where messages go. REQUIRES: called before the first subscription.
  void attach(ports::BrokerSink& sink) { sink_ = &sink; }

  void subscribe(const DocumentName& document) override { set_subscribed(document, true); }
  void unsubscribe(const DocumentName& document) override { set_subscribed(document, false); }
  void publish_update(const DocumentName& document, Sequence sequence, SharedBytes update) override;
  void publish_awareness(const DocumentName& document, SharedBytes awareness) override;
  void query_awareness(const DocumentName& document) override;

 private:
  using Message = std::function<void(ports::BrokerSink& sink, const DocumentName& document)>;

  void set_subscribed(const DocumentName& document, bool on);
  bool subscribed(DocumentNumber document) const {
    return document.value < subscribed_.size() && subscribed_[document.value];
  }
  void publish(const DocumentName& document, const Message& message);

  LocalBrokerHub& hub_;
  ports::BrokerSink* sink_ = nullptr;
  std::vector<bool> subscribed_;  // By document number.
};

}  // namespace syncline::sim
