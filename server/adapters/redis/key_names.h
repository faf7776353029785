#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/document_name.h"

// How things are called in Redis. All that belongs to one document has the hash tag of the
// document's bucket, so that one script can reach it when Redis is a cluster:
//
//   syncline:{b07}:h:NAME    hash: the header of a document's buffer (script.h)
//   syncline:{b07}:e:NAME    list: its entries
//   syncline:{b07}:dirty     sorted set: names of the bucket's dirty documents, by since when
//   syncline:{b07}:leases    sorted set: those that a worker has claimed, by until when
//   syncline:{b07}:claims    hash: since when these are dirty
//   syncline:{b07}:c0:NAME   channel, with the number of the database: channels know no databases
//
// What belongs to no document has a tag of its own: {sessions}, {control}.

namespace syncline::adapters::redis {

class KeyNames {
 public:
  static constexpr unsigned buckets = 64;

  // `database` is told apart in channels.
  KeyNames(std::string_view prefix, unsigned database);

  static unsigned bucket_of(const DocumentName& document);

  std::string header(const DocumentName& document) const;
  std::string entries(const DocumentName& document) const;
  std::string channel(const DocumentName& document) const;
  // What belongs to no document.
  std::string of_tag(std::string_view tag, std::string_view rest) const;

  // Where in a Redis Cluster the keys of a bucket or of a tag are. REQUIRES: bucket < buckets.
  std::uint16_t slot(unsigned bucket) const;
  std::uint16_t slot(const DocumentName& document) const { return slot(bucket_of(document)); }
  static std::uint16_t slot_of_tag(std::string_view tag);

  // REQUIRES: bucket < buckets.
  std::string dirty(unsigned bucket) const;
  std::string leases(unsigned bucket) const;
  std::string claims(unsigned bucket) const;

 private:
  std::string key(unsigned bucket, std::string_view kind, std::string_view name = {}) const;

  const std::string prefix_;
  const std::string channel_kind_;
  std::array<std::uint16_t, buckets> slots_;
};

}  // namespace syncline::adapters::redis
