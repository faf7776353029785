#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/instant.h"
#include "server/core/config.h"
#include "server/core/update_ring.h"
#include "server/ports/update_store.h"

namespace syncline::core {

// Gives a ticket's append its request token, so that the answer finds the ticket again.
class AppendTokens {
 public:
  virtual RequestToken token_for_append(Ticket ticket) = 0;

 protected:
  ~AppendTokens() = default;
};

// The updates of one document on their way into the log.
//
// Each accepted update gets a ticket. A ticket is durable once it and all before it are committed;
// that one number decides acknowledgements and echoes (promise P3). A refused or unknown outcome is
// no answer: the update is appended again, with growing delays, for as long as the process lives.
// (An update is idempotent, so twice in the log is harmless; missing from it is not.)
class LogWriter {
 public:
  // `store` and `tokens` must outlive the writer.
  LogWriter(ports::UpdateStore& store, AppendTokens& tokens, DocumentName document,
            const Config& config)
      : store_(store), tokens_(tokens), document_(std::move(document)), config_(config) {}

  // What a commit means for the owner.
  struct Committed {
    SharedBytes update;
    Instant received_at;
  };

  // Inputs.

  // Asks the store to append. REQUIRES: !update.empty().
  Ticket append(SharedBytes update, Instant now);
  // Returns the update if this ended its wait, nothing if it will be tried again.
  std::optional<Committed> on_append_done(Ticket ticket, const ports::AppendResult& result,
                                          Instant now);
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

  ports::UpdateStore& store_;
  AppendTokens& tokens_;
  const DocumentName document_;
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
