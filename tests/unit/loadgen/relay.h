#pragma once

#include <vector>

#include <gtest/gtest.h>

#include "loadgen/run/participant.h"
#include "server/crdt/doc.h"
#include "server/crdt/update.h"
#include "server/protocol/y_websocket.h"

namespace syncline::loadgen {

// A server of one document in thirty lines: it takes what participants send, and tells them what a
// test wants them to hear.
class Relay {
 public:
  // What a participant's outbox brings: `carrying` counts the messages that hold updates.
  struct Taken {
    std::uint64_t carrying = 0;
    std::vector<Bytes> updates;
  };

  Taken take(Participant& from) {
    Taken taken;
    for (const Bytes& frame : from.take_outbox()) {
      const auto message = protocol::y_websocket::parse(frame);
      EXPECT_TRUE(message.ok());
      BytesView update;
      if (const auto* step2 = std::get_if<protocol::y_websocket::SyncStep2>(&*message)) {
        update = step2->update;
      } else if (const auto* typed = std::get_if<protocol::y_websocket::Update>(&*message)) {
        update = typed->update;
      } else {
        continue;
      }
      ++taken.carrying;
      taken.updates.push_back(to_bytes(update));
      EXPECT_TRUE(doc.apply_update(update).ok());
    }
    return taken;
  }

  // The handshake of a participant that has just opened.
  Taken welcome(Participant& to, Instant now) {
    to.on_open();
    take(to);
    const Bytes known = to.reception().state_vector();
    to.on_frame(protocol::y_websocket::sync_step1(doc.encode_state_vector()), now);
    const auto missing = doc.encode_state_as_update(known);
    EXPECT_TRUE(missing.ok());
    to.on_frame(protocol::y_websocket::sync_step2(*missing), now);
    return take(to);
  }

  static void tell(Participant& to, BytesView update, Instant now) {
    to.on_frame(protocol::y_websocket::update(update), now);
  }
  static void acknowledge(Participant& to, std::uint64_t messages, Instant now) {
    to.on_frame(protocol::y_websocket::acknowledgement(messages), now);
  }

  crdt::Doc doc;
};

inline Instant at(int ms) { return {milliseconds(ms)}; }

}  // namespace syncline::loadgen
