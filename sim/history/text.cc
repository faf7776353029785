#include "sim/history/text.h"

#include <cstdio>

namespace syncline::history {
namespace {

std::string_view kind_text(PartyKind kind) {
  switch (kind) {
    case PartyKind::client:
      return "client";
    case PartyKind::gateway:
      return "gateway";
    case PartyKind::node:
      return "node";
    case PartyKind::worker:
      return "worker";
    case PartyKind::redis:
      return "redis";
    case PartyKind::postgres:
      return "postgres";
    case PartyKind::store:
      return "store";
    case PartyKind::cold_reader:
      return "cold-reader";
  }
  SYNCLINE_ASSERT(false);
  return {};
}

std::string_view stage_text(FaultStage stage) {
  switch (stage) {
    case FaultStage::armed:
      return "armed";
    case FaultStage::fired:
      return "fired";
    case FaultStage::observed:
      return "observed";
    case FaultStage::healed:
      return "healed";
  }
  SYNCLINE_ASSERT(false);
  return {};
}

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string bytes_text(BytesView bytes) { return number(bytes.size()) + " bytes"; }

// "9:0-4, 20 bytes".
std::string update_text(BytesView update) {
  const auto ids = client::read_update_ids(update);
  return (ids.ok() ? ids->to_string({}) : "unreadable") + ", " + bytes_text(update);
}

std::string ids_text(const client::UpdateIds& ids) { return ids.to_string({}); }

std::string vector_text(BytesView state_vector) {
  return client::state_vector_text(state_vector, {});
}

std::string state_text(const ReplicaState& state) {
  return vector_text(state.state_vector) + (state.pending ? " and more that waits, " : ", ") +
         bytes_text(state.encoded);
}

std::string position_text(std::uint64_t lineage, std::uint64_t offset) {
  return "lineage " + number(lineage) + " offset " + number(offset);
}

// One sentence for each alternative, without the time.
struct Sentence {
  std::string operator()(const ClientConnected& event) const {
    return to_text(event.client) + " opens " + to_text(event.document) + " on " +
           to_text(event.node) + ", session " + number(event.session);
  }
  std::string operator()(const ClientDisconnected& event) const {
    return to_text(event.client) + " is cut off, code " + number(event.code);
  }
  std::string operator()(const ClientEdited& event) const {
    return to_text(event.client) + " wrote " + to_text(event.document) + ": edit " +
           number(event.edit) + ", " + ids_text(event.ids) + ", knowing " +
           vector_text(event.depends_on);
  }
  std::string operator()(const ClientAcknowledged& event) const {
    return to_text(event.client) + " is told that " + to_text(event.document) +
           " has saved: " + ids_text(event.ids);
  }
  std::string operator()(const ClientApplied& event) const {
    return to_text(event.client) + " gets of " + to_text(event.document) + ": " +
           ids_text(event.ids) + (event.readable ? "" : ", and cannot read it");
  }
  std::string operator()(const ClientSynced& event) const {
    return to_text(event.client) + " is synced with " + to_text(event.document) + "; was offered " +
           vector_text(event.offered_state_vector);
  }
  std::string operator()(const ReplicaSeen& event) const {
    return to_text(event.party) + " has " + to_text(event.document) + ": " +
           state_text(event.state);
  }
  std::string operator()(const FrameSent& event) const {
    return to_text(event.node) + " sends " + to_text(event.client) + " of " +
           to_text(event.document) + ": " + bytes_text(event.frame);
  }
  std::string operator()(const LogAppended& event) const {
    return "the log of " + to_text(event.document) + " has " + number(event.sequence.value) + ": " +
           bytes_text(event.update);
  }
  std::string operator()(const LogRead& event) const {
    return to_text(event.reader) + " reads " + number(event.sequence.value) + " of the log of " +
           to_text(event.document) + ": " + update_text(event.update);
  }
  std::string operator()(const SnapshotWritten& event) const {
    return to_text(event.writer) + " writes a snapshot of " + to_text(event.document) + " at " +
           number(event.sequence.value) + ": " + bytes_text(event.state);
  }
  std::string operator()(const SnapshotKept& event) const {
    return "the store has the snapshot of " + to_text(event.document) + " at " +
           number(event.sequence.value) + ": " + bytes_text(event.state);
  }
  std::string operator()(const LogForgotten& event) const {
    return "the log of " + to_text(event.document) + " forgets all through " +
           number(event.through.value);
  }
  std::string operator()(const BufferAppended& event) const {
    return "the buffer of " + to_text(event.document) + " has " +
           position_text(event.lineage, event.offset) + ": " + update_text(event.update);
  }
  std::string operator()(const BufferTrimmed& event) const {
    return "the buffer of " + to_text(event.document) + " is trimmed through " +
           position_text(event.lineage, event.offset);
  }
  std::string operator()(const BufferForgot& event) const {
    return "the buffer of " + to_text(event.document) + " forgot its last " +
           number(event.entries) + " entries";
  }
  std::string operator()(const ProcessStarted& event) const {
    return to_text(event.party) + " starts";
  }
  std::string operator()(const ProcessEnded& event) const {
    return to_text(event.party) + (event.crashed ? " crashes" : " ends");
  }
  std::string operator()(const FaultChanged& event) const {
    return "fault " + number(event.fault) + " is " + std::string(stage_text(event.stage)) + ": " +
           std::string(event.text);
  }
  std::string operator()(const MessageSent& event) const {
    return to_text(event.from) + " -> " + to_text(event.to) + " message " + number(event.message) +
           ": " + std::string(event.what);
  }
  std::string operator()(const MessageReceived& event) const {
    return "message " + number(event.message) + " arrives";
  }
  std::string operator()(const MessageLost& event) const {
    return "message " + number(event.message) + " is lost";
  }
  std::string operator()(const Remarked& event) const {
    return to_text(event.party) + ": " + std::string(event.what);
  }
  std::string operator()(const MemorySeen& event) const {
    return to_text(event.party) + " holds: rings " + number(event.ring_bytes) + ", unlogged " +
           number(event.unlogged_bytes) + ", pending " + number(event.pending_bytes) +
           ", fullest queue " + number(event.send_queue_bytes_max) + ", documents " +
           number(event.document_bytes) + " bytes";
  }
  std::string operator()(const Healed&) const { return "all faults are over"; }
  std::string operator()(const TimeIsUp&) const { return "time is up"; }
  std::string operator()(const PresenceSeen& event) const {
    std::string sees(event.presence);
    for (char& c : sees) {
      if (c == '\n') c = ';';
    }
    return to_text(event.client) + " sees in " + to_text(event.document) + ": " + sees;
  }
  std::string operator()(const ClientFinal& event) const {
    return to_text(event.client) + " in the end: " + (event.connected ? "" : "not ") +
           "connected, " + (event.synced ? "" : "not ") + "synced, " + number(event.unsaved_edits) +
           " edits unsaved, id " + number(event.client_id) + ", state " +
           std::string(event.own_state);
  }
  std::string operator()(const ColdRead& event) const {
    return std::string("a cold read of ") + to_text(event.document) +
           (event.at_end ? " at the end" : "") + ": the log has " + state_text(event.from_log) +
           "; the snapshot and the rest have " + state_text(event.from_snapshot);
  }
  std::string operator()(const LeftBehind& event) const {
    return to_text(event.party) + " leaves behind: " + number(event.rooms) + " rooms, " +
           number(event.connections) + " connections, " + number(event.subscriptions) +
           " subscriptions, " + number(event.bytes) + " bytes";
  }
  std::string operator()(const Ended&) const { return "the end"; }
};

}  // namespace

// As plans name them: of the gateway and the services there is one.
std::string to_text(Party party) {
  std::string text(kind_text(party.kind));
  const bool numbered = party.kind == PartyKind::client || party.kind == PartyKind::node ||
                        party.kind == PartyKind::worker || party.number > 1;
  if (numbered) text += '-' + number(party.number);
  return text;
}

std::string to_text(DocumentNumber document) { return "document-" + number(document.value); }

std::string to_text(Duration at) {
  const auto ms = duration_cast<milliseconds>(at).count();
  const auto rest = std::to_string(ms % 1000);
  return std::to_string(ms / 1000) + '.' + std::string(3 - rest.size(), '0') + rest + " s";
}

std::string to_text(const Event& event) {
  return to_text(event.at) + "  " + std::visit(Sentence{}, event.content);
}

}  // namespace syncline::history
