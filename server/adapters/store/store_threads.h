#pragma once

#include "server/adapters/store/answer.h"

namespace syncline::adapters::store {

// A store on threads of its own: SqliteDatabase, PostgresDatabase. Each request is answered once,
// on one of these threads; after the store has stopped, at once, with a refusal. All calls may be
// made from any thread.
class StoreThreads {
 public:
  // Of one document's appends that are committed, those asked for first get the lower numbers.
  virtual void append(AppendRequest request) = 0;
  virtual void write_snapshot(SnapshotRequest request) = 0;
  virtual void read(ReadRequest request) = 0;
  virtual void forget(ForgetRequest request) = 0;

 protected:
  ~StoreThreads() = default;
};

}  // namespace syncline::adapters::store
