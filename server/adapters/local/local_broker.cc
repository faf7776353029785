#include "server/adapters/local/local_broker.h"

#include <utility>

#include "server/base/assert.h"

namespace syncline::adapters {

void LocalBrokerHub::subscribe(const DocumentName& document, LocalBroker& broker) {
  const std::lock_guard lock(mutex_);
  subscribers_[document].push_back(&broker);
}

void LocalBrokerHub::unsubscribe(const DocumentName& document, LocalBroker& broker) {
  const std::lock_guard lock(mutex_);
  const auto entry = subscribers_.find(document);
  if (entry == subscribers_.end()) return;
  std::erase(entry->second, &broker);
  if (entry->second.empty()) subscribers_.erase(entry);
}

void LocalBrokerHub::for_each_other(const DocumentName& document, const LocalBroker& publisher,
                                    const std::function<void(LocalBroker&)>& deliver) {
  const std::lock_guard lock(mutex_);
  const auto entry = subscribers_.find(document);
  if (entry == subscribers_.end()) return;
  for (LocalBroker* const broker : entry->second) {
    if (broker != &publisher) deliver(*broker);
  }
}

LocalBroker::LocalBroker(LocalBrokerHub& hub, ports::Executor& executor)
    : hub_(hub), executor_(executor) {}

LocalBroker::~LocalBroker() {
  for (const DocumentName& document : subscriptions_) hub_.unsubscribe(document, *this);
}

void LocalBroker::attach(ports::BrokerSink& sink) { sink_ = &sink; }

void LocalBroker::subscribe(const DocumentName& document) {
  SYNCLINE_ASSERT(sink_ != nullptr);
  if (subscriptions_.insert(document).second) hub_.subscribe(document, *this);
}

void LocalBroker::unsubscribe(const DocumentName& document) {
  if (subscriptions_.erase(document) > 0) hub_.unsubscribe(document, *this);
}

void LocalBroker::publish_update(const DocumentName& document, Sequence sequence,
                                 SharedBytes update) {
  publish(document, [document, sequence, update](ports::BrokerSink& sink) {
    sink.on_broker_update(document, sequence, update);
  });
}

void LocalBroker::publish_awareness(const DocumentName& document, SharedBytes awareness) {
  publish(document, [document, awareness](ports::BrokerSink& sink) {
    sink.on_broker_awareness(document, awareness);
  });
}

void LocalBroker::query_awareness(const DocumentName& document) {
  publish(document,
          [document](ports::BrokerSink& sink) { sink.on_broker_awareness_query(document); });
}

void LocalBroker::publish(const DocumentName& document,
                          const std::function<void(ports::BrokerSink&)>& message) {
  hub_.for_each_other(document, *this, [&](LocalBroker& other) {
    other.executor_.post([&other, document, message] {
      if (other.subscriptions_.contains(document)) message(*other.sink_);
    });
  });
}

}  // namespace syncline::adapters
