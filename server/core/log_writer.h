#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "server/base/bytes.h"
#include "server/base/instant.h"
#include "server/core/config.h"
#include "server/core/update_ring.h"
#include "server/ports/update_store.h"

namespace syncline::core {

// Where an append goes: into the log, or into the buffer before it.
class AppendPath {
 public:
  // Asks for the update to be made durable. The answer comes later, with the ticket.
  virtual void send_append(Ticket ticket, const SharedBytes& update, std::uint64_t checksum) = 0;

 protected:
  ~AppendPath() = default;
};

// The updates of one document on their way to where they are durable: the log, or with
// durability=buffer the write buffer.
//
// Each accepted update gets a ticket. A ticket is durable once it and all before it are committed;
// that one number decides acknowledgements and echoes (promise P3). A refused or unknown outcome is
// no answer: the update is appended again, with growing delays, for as long as the process lives.
// (An update is idempotent, so twice in the log is harmless; missing from it is not.)
class LogWriter {
 public:
  // `path` and `config` must outlive the writer.
  LogWriter(AppendPath& path, const Config& config) : path_(path), config_(config) {}

  // What a commit means for the owner.
  struct Committed {
    SharedBytes update;
    std::uint64_t checksum;
    Instant received_at;
  };

  // Inputs.

  // Asks for the update to be appended. REQUIRES: !update.empty().
  Ticket append(SharedBytes update, Instant now);
  // Returns the update if this ended its wait, nothing if it will be tried again.
  std::optional<Committed> on_append_done(Ticket ticket, ports::Outcome outcome, Instant now);
  // Appends again what failed, once its time has come.
  // Returns how many.
  std::size_t retry(Instant now);

  // Observers.

  // The last ticket given, and the last that is durable together with all before it.
  Ticket last() const { return last_; }
  Ticket durable() const;
  bool idle() const { return unlogged_.empty(); }
  std::size_t unlogged_bytes() const { return unlogged_bytes_; }
  // When retry() has something to do.
  Instant next_retry() const { return failed_ > 0 ? retry_at_ : Instant::never(); }
  // True from the first failed append until one succeeds again.
  bool failing() const { return failing_; }
  // How long the oldest update has been waiting.
  Duration oldest_wait(Instant now) const;

 private:
  struct Unlogged {
    SharedBytes update;
    Instant received_at;
    std::uint64_t checksum;
    bool failed = false;  // Waits for retry(); otherwise for the store's answer.
  };

  void send(Ticket ticket, const Unlogged& entry);

  AppendPath& path_;
  const Config& config_;

  // Invariants: unlogged_bytes_ is the sum of the updates' bytes, failed_ the number marked failed.
  std::map<Ticket, Unlogged> unlogged_;
  std::size_t unlogged_bytes_ = 0;
  std::size_t failed_ = 0;
  Ticket last_;

  bool failing_ = false;
  Instant retry_at_ = Instant::never();
  Duration retry_delay_{0};
};

}  // namespace syncline::core
