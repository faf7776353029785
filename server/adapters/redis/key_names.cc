#include "server/adapters/redis/key_names.h"

#include "server/adapters/redis/cluster_slot.h"
#include "server/base/assert.h"

namespace syncline::adapters::redis {
namespace {

std::string tag_of(unsigned bucket) {
  SYNCLINE_ASSERT(bucket < KeyNames::buckets, bucket);
  const char tag[] = {'b', static_cast<char>('0' + bucket / 10),
                      static_cast<char>('0' + bucket % 10)};
  return std::string(tag, sizeof(tag));
}

}  // namespace

KeyNames::KeyNames(std::string_view prefix, unsigned database)
    : prefix_(std::string(prefix) + ":{"), channel_kind_("c" + std::to_string(database) + ":") {
  for (unsigned bucket = 0; bucket < buckets; ++bucket) {
    slots_[bucket] = cluster_slot(tag_of(bucket));
  }
}

unsigned KeyNames::bucket_of(const DocumentName& document) {
  return static_cast<unsigned>(stable_hash(document) % buckets);
}

std::string KeyNames::header(const DocumentName& document) const {
  return key(bucket_of(document), "h:", document.text());
}

std::string KeyNames::entries(const DocumentName& document) const {
  return key(bucket_of(document), "e:", document.text());
}

std::string KeyNames::channel(const DocumentName& document) const {
  return key(bucket_of(document), channel_kind_, document.text());
}

std::string KeyNames::dirty(unsigned bucket) const { return key(bucket, "dirty"); }

std::string KeyNames::leases(unsigned bucket) const { return key(bucket, "leases"); }

std::string KeyNames::claims(unsigned bucket) const { return key(bucket, "claims"); }

std::string KeyNames::of_tag(std::string_view tag, std::string_view rest) const {
  return prefix_ + std::string(tag) + "}:" + std::string(rest);
}

std::uint16_t KeyNames::slot(unsigned bucket) const {
  SYNCLINE_ASSERT(bucket < buckets, bucket);
  return slots_[bucket];
}

std::uint16_t KeyNames::slot_of_tag(std::string_view tag) { return cluster_slot(tag); }

std::string KeyNames::key(unsigned bucket, std::string_view kind, std::string_view name) const {
  std::string result;
  result.reserve(prefix_.size() + 5 + kind.size() + name.size());
  result += prefix_;
  result += tag_of(bucket);
  result += "}:";
  result += kind;
  result += name;
  return result;
}

}  // namespace syncline::adapters::redis
