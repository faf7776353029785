#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "loadgen/client/update_scan.h"
#include "loadgen/run/reception.h"
#include "loadgen/run/tally.h"
#include "loadgen/run/typist.h"
#include "server/base/bytes.h"
#include "server/base/instant.h"

namespace syncline::loadgen {

class LoadDocument;

// How clients speak with the server.
struct Manners {
  // Ask for acknowledgements (message 110).
  bool acks = true;
  // After a reconnect send whatever the server says it lacks, as yjs does. Otherwise only what was
  // not acknowledged: an acknowledged edit that is lost then stays lost, and is found.
  bool heals = false;
  std::uint32_t letters_per_edit = 1;
};

// One client of one document: the y-websocket protocol over a Reception instead of a document, and
// a Typist. It does no I/O and keeps no time; frames to send are collected in an outbox.
class Participant final : public ReceptionWatcher {
 public:
  Participant(LoadDocument& document, std::uint64_t client, std::size_t target, bool types);

  // The connection.
  void on_open();
  void on_frame(BytesView frame, Instant now);
  void on_closed();
  std::vector<Bytes> take_outbox();

  // One keystroke: takes a letter back if it `removes` and there is one to take, or else writes.
  // Sent at once if the handshake is done, else with it. REQUIRES: types().
  void type(bool removes, bool measured, Instant scheduled);

  // Observers.
  std::uint64_t client() const { return typist_.client(); }
  // The server it speaks with, by index. Counts for what is received from now on.
  std::size_t target() const { return target_; }
  void move_to(std::size_t target) { target_ = target; }
  bool types() const { return types_; }
  const Typist& typist() const { return typist_; }
  const Reception& reception() const { return reception_; }
  bool synced() const { return synced_since_ != Instant::never(); }
  // Since when without a break; never() while it is not synced.
  Instant synced_since() const { return synced_since_; }
  // The first so many edits are acknowledged.
  std::size_t acknowledged() const { return acknowledged_; }
  // Whether the edit is in what was received.
  bool has(const Typist& writer, const Edit& edit) const;
  // The first thing it could not understand, if there was one.
  const std::string& problem() const { return problem_; }

  void on_inserted(std::uint64_t client, std::uint64_t from, std::uint64_t to) override;
  void on_deleted(std::uint64_t client, std::uint64_t clock) override;

 private:
  void send(Bytes frame);
  void send_edits(Bytes frame, std::size_t edits_to);
  void on_step1(BytesView state_vector);
  void on_update(BytesView update);
  void on_acknowledgement(std::uint64_t messages);
  void check_letters(const client::UpdateScan& update);
  void delivered(const Participant& writer, const Edit& edit);
  std::uint64_t deliveries_due(const Edit& edit) const;
  void fail(std::string what);

  LoadDocument& document_;
  std::size_t target_;
  const bool types_;

  Typist typist_;
  Reception reception_;
  std::string problem_;

  // The edits before it are acknowledged, and so are the letters before it.
  std::size_t acknowledged_ = 0;
  std::uint32_t acknowledged_clock_ = 0;

  // The connection.
  std::vector<Bytes> outbox_;
  bool introduced_ = false;  // The step 2 has been sent: what is typed now is sent at once.
  Instant synced_since_ = Instant::never();
  // For each update-carrying message that is not acknowledged: the edits before this are in it or
  // in one before it.
  std::deque<std::size_t> messages_;
  std::uint64_t messages_acknowledged_ = 0;
  Instant now_;  // Of the frame that is being read.
};

// A document that is edited, and what everybody knows of it: who writes there, and what.
class LoadDocument {
 public:
  // `tally` must outlive it.
  LoadDocument(std::string name, const Manners& manners, Tally& tally)
      : name_(std::move(name)), manners_(manners), tally_(tally) {}
  LoadDocument(const LoadDocument&) = delete;

  // REQUIRES: nobody has typed yet, and nobody has that client id.
  Participant& join(std::uint64_t client, std::size_t target, bool types);

  const std::string& name() const { return name_; }
  const Manners& manners() const { return manners_; }
  const std::vector<std::unique_ptr<Participant>>& participants() const { return participants_; }
  // Null for a stranger.
  const Participant* find(std::uint64_t client) const;
  // Somebody edits it who is not of this run.
  bool has_strangers() const { return strangers_; }
  void note_stranger() { strangers_ = true; }

  Tally& tally() { return tally_; }
  // Memory for the reading of updates.
  client::UpdateScan& scan() { return scan_; }

 private:
  const std::string name_;
  const Manners manners_;
  Tally& tally_;
  std::vector<std::unique_ptr<Participant>> participants_;
  std::map<std::uint64_t, Participant*> by_client_;
  bool strangers_ = false;
  client::UpdateScan scan_;
};

}  // namespace syncline::loadgen
