#include "sim/fakes/local_broker.h"

#include <utility>

namespace syncline::sim {
namespace {

// From one thread to another.
constexpr Duration hand_over_min = microseconds(5);
constexpr std::uint64_t hand_over_spread_ns = 200'000;

}  // namespace

void LocalBroker::set_subscribed(const DocumentName& document, bool on) {
  const std::uint64_t number = hub_.numbers_.number_of(document).value;
  if (number >= subscribed_.size()) subscribed_.resize(number + 1);
  subscribed_[number] = on;
}

void LocalBroker::publish_update(const DocumentName& document, Sequence sequence,
                                 SharedBytes update) {
  publish(document, [sequence, update = std::move(update)](ports::BrokerSink& sink,
                                                           const DocumentName& name) {
    sink.on_broker_update(name, sequence, update);
  });
}

void LocalBroker::publish_awareness(const DocumentName& document, SharedBytes awareness) {
  publish(document,
          [awareness = std::move(awareness)](ports::BrokerSink& sink, const DocumentName& name) {
            sink.on_broker_awareness(name, awareness);
          });
}

void LocalBroker::query_awareness(const DocumentName& document) {
  publish(document, [](ports::BrokerSink& sink, const DocumentName& name) {
    sink.on_broker_awareness_query(name);
  });
}

// One node has a document on one shard only, so hardly ever is there anybody to hear it.
void LocalBroker::publish(const DocumentName& document, const Message& message) {
  const DocumentNumber number = hub_.numbers_.number_of(document);
  for (LocalBroker* const other : hub_.brokers_) {
    if (other == this || !other->subscribed(number)) continue;
    const auto spread = static_cast<std::int64_t>(hub_.random_.below(hand_over_spread_ns));
    hub_.process_.after(hand_over_min + Duration(spread), [other, number, message] {
      if (other->subscribed(number)) message(*other->sink_, other->hub_.numbers_.name_of(number));
    });
  }
}

}  // namespace syncline::sim
