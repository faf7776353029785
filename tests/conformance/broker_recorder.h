#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/bytes.h"
#include "server/ports/broker.h"

namespace syncline::conformance {

// What one shard heard, each message as a line.
class BrokerRecorder final : public ports::BrokerSink {
 public:
  void on_broker_update(const DocumentName& document, Sequence sequence,
                        SharedBytes update) override {
    heard.push_back("update " + document.text() + " " + std::to_string(sequence.value) + " " +
                    std::string(as_text(update.view())));
  }
  void on_buffer_update(const DocumentName& document, ports::BufferPosition position,
                        SharedBytes update) override {
    heard.push_back("buffered " + document.text() + " " + std::to_string(position.offset) + " " +
                    std::string(as_text(update.view())));
    lineages.push_back(position.lineage);
  }
  void on_broker_awareness(const DocumentName& document, SharedBytes awareness) override {
    heard.push_back("awareness " + document.text() + " " + std::string(as_text(awareness.view())));
  }
  void on_broker_awareness_query(const DocumentName& document) override {
    heard.push_back("query " + document.text());
  }
  void on_broker_subscribed(const DocumentName& document) override {
    subscribed.push_back(document.text());
  }

  std::vector<std::string> heard;
  std::vector<std::string> subscribed;
  std::vector<std::uint64_t> lineages;  // Of what was buffered.
};

}  // namespace syncline::conformance
