#pragma once

#include <cstddef>
#include <vector>

#include "server/base/bytes.h"
#include "server/crdt/doc.h"

// Random histories, drawn from RapidCheck: several authors edit one document and now and then see
// each other's work. What the laws have in common; each *_property.cc is about one topic.

namespace syncline::crdt {

// The roots that a history edits, each by its kind.
inline constexpr const char* root_text = "text";
inline constexpr const char* root_array = "array";
inline constexpr const char* root_map = "map";
inline constexpr const char* root_xml = "xml";

struct HistoryShape {
  // Formats and embeds in texts. After remote formats a replica tidies up, as yjs does, by
  // deleting: replicas then need one more exchange to have deleted the same.
  bool formats = false;
  // Only texts, and places near each other: nearly every edit meets a concurrent one.
  bool crowded = false;
  // Words with surrogate pairs, which edits then cut. Formatting to or from the middle of one cuts
  // it in the author's replica even where nothing comes of it that the others would be told of; yjs
  // does the same.
  bool surrogate_pairs = true;
  std::size_t steps_max = 25;
};

// One random edit of a root or of something in it: inserts and deletes anywhere (also between the
// halves of a surrogate pair), values and types set, overwritten and removed under a few keys.
void edit_randomly(Doc& doc, const HistoryShape& shape);

// An author and how much of the others' work it has seen.
struct Author {
  Doc doc;
  std::size_t seen = 0;  // Of the history's updates.
};

// Two to four authors; some collect what they deleted, some keep it.
std::vector<Author> draw_authors();

// The updates of a history, in an order in which each follows what it depends on. Every author's
// document passes check() after every step.
std::vector<Bytes> draw_history(const HistoryShape& shape = {});

// Applies each, and checks every invariant after it.
void apply_all(Doc& doc, const std::vector<Bytes>& updates);
Doc built_from(const std::vector<Bytes>& updates, bool gc = true);

std::vector<Bytes> shuffled(std::vector<Bytes> updates);
// The same with some of them a second time, in any order.
std::vector<Bytes> shuffled_with_repetitions(std::vector<Bytes> updates);

Bytes merged(const std::vector<Bytes>& updates, UpdateFormat format = UpdateFormat::v1);
Bytes whole_state(const Doc& doc, UpdateFormat format = UpdateFormat::v1);
// REQUIRES: `update` is in format v1.
Bytes as_v2(const Bytes& update);

// Fails the property with the first invariant that does not hold.
void require_check(const Doc& doc);

}  // namespace syncline::crdt
