#pragma once

#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/ports/write_buffer.h"

namespace syncline::ports {

// What other shards and nodes say about a document, on this shard's thread, never from within a
// call to the broker.
class BrokerSink {
 public:
  // The update is in the log under `sequence`.
  virtual void on_broker_update(const DocumentName& document, Sequence sequence,
                                SharedBytes update) = 0;
  // The update is in the write buffer under `position` (durability=buffer). The buffer itself says
  // so, to everybody who has the document open; also to the node that appended it.
  virtual void on_buffer_update(const DocumentName& document, BufferPosition position,
                                SharedBytes update) = 0;
  // An awareness update (y-protocols encoding).
  virtual void on_broker_awareness(const DocumentName& document, SharedBytes awareness) = 0;
  // Somebody opened the document and asks for everybody's awareness states.
  virtual void on_broker_awareness_query(const DocumentName& document) = 0;
  // The subscription to the document stands, a while after it was asked for: what was published
  // before may not have been heard. Not said by a broker where it stands at once.
  virtual void on_broker_subscribed(const DocumentName&) {}

 protected:
  ~BrokerSink() = default;
};

// Carries committed updates and awareness between the shards and nodes that have a document open.
// At most once, in no promised order, and silently lossy: the core finds gaps by the sequence
// numbers and repairs them from the log. Nobody hears what it published itself. Implementations:
// adapters/local, tests/world.
//
// With durability=buffer, updates come from the write buffer instead (on_buffer_update): a
// subscription is to both.
class Broker {
 public:
  virtual ~Broker() = default;

  virtual void subscribe(const DocumentName& document) = 0;
  virtual void unsubscribe(const DocumentName& document) = 0;

  virtual void publish_update(const DocumentName& document, Sequence sequence,
                              SharedBytes update) = 0;
  virtual void publish_awareness(const DocumentName& document, SharedBytes awareness) = 0;
  virtual void query_awareness(const DocumentName& document) = 0;
};

}  // namespace syncline::ports
