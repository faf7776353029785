// Laws of versions, comparisons and relative positions, on random histories of several authors, in
// documents that keep what is deleted.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "server/crdt/array.h"
#include "server/crdt/comparison.h"
#include "server/crdt/doc.h"
#include "server/crdt/history.h"
#include "server/crdt/map.h"
#include "server/crdt/relative_position.h"
#include "server/crdt/text.h"
#include "server/crdt/version.h"
#include "server/lib0/json.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

using lib0::Any;

constexpr ClientId author_ids[] = {7, 3, 1000};

Clock up_to(Clock end) { return *rc::gen::inRange<Clock>(0, end + 1); }

Any random_attributes() {
  const std::string key = *rc::gen::element<std::string>("bold", "em");
  return Any::object({{key, *rc::gen::element(Any(true), Any::null())}});
}

void edit_text(Text text) {
  const Clock length = text.length();
  const Clock at = up_to(length);
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      RC_ASSERT(text.remove(at, up_to(std::min<Clock>(length - at, 5))).ok());
      return;
    case 1:
      RC_ASSERT(text.format(at, up_to(std::min<Clock>(length - at, 5)), random_attributes()).ok());
      return;
    default:
      RC_ASSERT(text.insert(at, *rc::gen::element<std::string>("a", "bc", "\u00fc", "word ")).ok());
  }
}

void edit_list(Array list) {
  const Clock at = up_to(list.length());
  if (*rc::gen::inRange(0, 3) == 0) {
    RC_ASSERT(list.remove(at, up_to(std::min<Clock>(list.length() - at, 3))).ok());
    return;
  }
  const std::vector<Any> values = {Any(*rc::gen::inRange(0, 100)), Any("x")};
  RC_ASSERT(list.insert(at, values).ok());
}

void edit_map(Map map) {
  const std::string key = *rc::gen::element<std::string>("k", "l");
  if (*rc::gen::inRange(0, 4) == 0) {
    RC_ASSERT(map.remove(key).ok());
  } else {
    RC_ASSERT(map.set(key, Any(*rc::gen::inRange(0, 100))).ok());
  }
}

void edit(Doc& doc) {
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return edit_list(doc.array("array"));
    case 1:
      return edit_map(doc.map("map"));
    default:
      return edit_text(doc.text("text"));
  }
}

// The updates of a history in which authors now and then see each other's work.
std::vector<Bytes> history() {
  std::vector<Doc> authors;
  for (const ClientId id : author_ids) {
    authors.emplace_back(DocOptions{.client_id = id, .gc = false});
  }
  std::vector<Bytes> updates;
  std::vector<std::size_t> seen(authors.size());
  const int steps = *rc::gen::inRange(1, 30);
  for (int i = 0; i < steps; ++i) {
    const auto who = *rc::gen::inRange<std::size_t>(0, authors.size());
    if (*rc::gen::inRange(0, 3) == 0) {
      for (; seen[who] < updates.size(); ++seen[who]) {
        RC_ASSERT(authors[who].apply_update(updates[seen[who]]).ok());
      }
    }
    updates.push_back(authors[who].transact(edit));
  }
  return updates;
}

std::vector<BytesView> views(const std::vector<Bytes>& updates) {
  return {updates.begin(), updates.end()};
}

Bytes state(const Doc& doc) { return doc.encode_state_as_update(empty_state_vector()).value(); }

// A delta in which neighbours with the same attributes are joined: where formats that changed
// nothing stood is no part of what a text looks like.
std::string joined(const std::string& delta) {
  std::string out;
  std::string last = "(none)";
  const Any ops = lib0::parse_json(delta).value();
  for (const Any& op : *ops.as_array()) {
    std::map<std::string, std::string> attributes;
    if (const Any* given = op.find("attributes")) {
      for (const auto& [key, value] : *given->as_object()) attributes[key] = lib0::to_json(value);
    }
    std::string says;
    for (const auto& [key, value] : attributes) says.append(key).append(value);
    if (says != last) out.append("|").append(says).append("|");
    last = says;
    out.append(*op.find("insert")->as_string());
  }
  return out;
}

// What a comparison says, carried out on the older version's text.
void carry_out(Text text, const std::string& comparison) {
  Clock at = 0;
  const Any ops = lib0::parse_json(comparison).value();
  for (const Any& op : *ops.as_array()) {
    const std::string& piece = *op.find("insert")->as_string();
    Doc counter({.client_id = 1});
    RC_ASSERT(counter.text("t").insert(0, piece).ok());
    const Clock length = counter.text("t").length();
    const Any* given = op.find("attributes");
    const Any* change = given ? given->find("ychange") : nullptr;
    const std::string type = change ? *change->find("type")->as_string() : "";
    if (type == "removed") {
      RC_ASSERT(text.remove(at, length).ok());
      continue;
    }
    Any::Object attributes = {{"bold", Any::null()}, {"em", Any::null()}};
    for (auto& [key, value] : attributes) {
      if (const Any* set = given ? given->find(key) : nullptr) value = *set;
    }
    if (type == "added") RC_ASSERT(text.insert(at, piece).ok());
    RC_ASSERT(text.format(at, length, Any::object(attributes)).ok());
    at += length;
  }
}

RC_GTEST_PROP(version, shows_what_replaying_the_log_until_then_shows, ()) {
  const std::vector<Bytes> updates = history();
  const std::vector<BytesView> log = views(updates);
  const auto sequence = *rc::gen::inRange<std::size_t>(0, log.size() + 1);
  const auto logged = versions_as_of(log, sequence, log.size(), {});
  RC_ASSERT(logged.ok());
  const Doc then = document_as_of(log, sequence, {.gc = false}).value();
  const Bytes before = state(logged->doc);

  RC_ASSERT(then.version() == logged->before);
  RC_ASSERT(logged->doc.version() == logged->after);
  RC_ASSERT(logged->doc.delta_json("text", {.version = &logged->before}) ==
            then.delta_json("text"));
  RC_ASSERT(logged->doc.array_json("array", logged->before) == then.array_json("array"));
  RC_ASSERT(lib0::parse_json(logged->doc.map_json("map", logged->before)).value() ==
            lib0::parse_json(then.map_json("map")).value());
  RC_ASSERT(state(logged->doc) == before);
}

RC_GTEST_PROP(version, makes_the_document_that_it_was_taken_of, ()) {
  const std::vector<Bytes> updates = history();
  const std::vector<BytesView> log = views(updates);
  const auto sequence = *rc::gen::inRange<std::size_t>(0, log.size() + 1);
  const auto logged = versions_as_of(log, sequence, log.size(), {});
  RC_ASSERT(logged.ok());
  Doc again({.gc = false});
  RC_ASSERT(again.apply_update(logged->doc.encode_version_as_update(logged->before).value()).ok());
  RC_ASSERT(!again.has_pending());
  RC_ASSERT(again.version() == logged->before);
  const Doc then = document_as_of(log, sequence, {.gc = false}).value();
  RC_ASSERT(again.delta_json("text") == then.delta_json("text"));
  RC_ASSERT(again.array_json("array") == then.array_json("array"));
}

RC_GTEST_PROP(version, reads_itself_again_and_contains_what_came_before, ()) {
  const std::vector<Bytes> updates = history();
  const std::vector<BytesView> log = views(updates);
  const auto sequence = *rc::gen::inRange<std::size_t>(0, log.size() + 1);
  const auto logged = versions_as_of(log, sequence, log.size(), {});
  RC_ASSERT(logged.ok());
  for (const Version& each : {logged->before, logged->after}) {
    RC_ASSERT(decode_version(encode_version(each)).value() == each);
    RC_ASSERT(decode_version_v2(encode_version_v2(each)).value() == each);
  }
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (i < sequence) RC_ASSERT(contains_update(logged->before, log[i]).value());
    RC_ASSERT(contains_update(logged->after, log[i]).value());
  }
}

RC_GTEST_PROP(version, a_comparison_leads_from_the_older_to_the_newer, ()) {
  const std::vector<Bytes> updates = history();
  const std::vector<BytesView> log = views(updates);
  const auto middle = *rc::gen::inRange<std::size_t>(0, log.size() + 1);
  const auto first = *rc::gen::inRange<std::size_t>(0, middle + 1);
  const auto logged = versions_as_of(log, first, middle, {});
  RC_ASSERT(logged.ok());
  const std::string comparison =
      logged->doc.delta_json("text", {.version = &logged->after, .before = &logged->before});
  Doc text = document_as_of(log, first, {.client_id = 5}).value();
  carry_out(text.text("text"), comparison);
  const std::string newer = logged->doc.delta_json("text");
  RC_ASSERT(joined(text.delta_json("text")) == joined(newer));
}

RC_GTEST_PROP(relative_position, stays_beside_its_element, ()) {
  const std::vector<Bytes> updates = history();
  const std::vector<BytesView> log = views(updates);
  const auto sequence = *rc::gen::inRange<std::size_t>(0, log.size() + 1);
  Doc doc = document_as_of(log, sequence, {.client_id = 5, .gc = false}).value();
  const Clock length = doc.text("text").length();
  const Clock index = up_to(length);
  const std::int64_t assoc = *rc::gen::element<std::int64_t>(0, -1);
  const RelativePosition position = doc.text("text").relative_position(index, assoc).value();

  // It travels in both forms, and finds its place again.
  RC_ASSERT(parse_relative_position(relative_position_json(position)).value() == position);
  const RelativePosition read =
      decode_relative_position(encode_relative_position(position)).value();
  RC_ASSERT(doc.absolute_position(read)->index == index);

  // A mark beside the element stays with it while others edit, and so does the position.
  const std::string mark = "\u2021";
  RC_ASSERT(doc.text("text").insert(index, mark).ok());
  const RelativePosition beside =
      doc.text("text").relative_position(index + (assoc < 0 ? 1 : 0), assoc).value();
  RC_ASSERT(beside.item.has_value());
  for (const BytesView update : std::span(log).subspan(sequence)) {
    RC_ASSERT(doc.apply_update(update).ok());
  }
  const std::string text = doc.text_of("text");
  Doc front({.client_id = 1});
  RC_ASSERT(front.text("t").insert(0, text.substr(0, text.find(mark))).ok());
  const Clock place = front.text("t").length() + (assoc < 0 ? 1 : 0);
  RC_ASSERT(doc.absolute_position(beside)->index == place);
  RC_ASSERT(doc.absolute_position(position)->index <= doc.text("text").length());
}

}  // namespace
}  // namespace syncline::crdt
