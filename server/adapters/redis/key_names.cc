#include "server/adapters/redis/key_names.h"

#include "server/base/assert.h"

namespace syncline::adapters::redis {

KeyNames::KeyNames(std::string_view prefix, unsigned database)
    : prefix_(std::string(prefix) + ":{b"), channel_kind_("c" + std::to_string(database) + ":") {}

unsigned KeyNames::bucket_of(const DocumentName& document) {
  return static_cast<unsigned>(stable_hash(document) % buckets);
}

std::string KeyNames::header(const DocumentName& document) const {
  return key(bucket_of(document), "h:", document.text());
}

std::string KeyNames::stream(const DocumentName& document) const {
  return key(bucket_of(document), "s:", document.text());
}

std::string KeyNames::channel(const DocumentName& document) const {
  return key(bucket_of(document), channel_kind_, document.text());
}

std::string KeyNames::dirty(unsigned bucket) const { return key(bucket, "dirty"); }

std::string KeyNames::leases(unsigned bucket) const { return key(bucket, "leases"); }

std::string KeyNames::key(unsigned bucket, std::string_view kind, std::string_view name) const {
  SYNCLINE_ASSERT(bucket < buckets, bucket);
  std::string result;
  result.reserve(prefix_.size() + 4 + kind.size() + name.size());
  result += prefix_;
  result += static_cast<char>('0' + bucket / 10);
  result += static_cast<char>('0' + bucket % 10);
  result += "}:";
  result += kind;
  result += name;
  return result;
}

}  // namespace syncline::adapters::redis
