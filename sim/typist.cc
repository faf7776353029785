#include "sim/typist.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "faults/plan/option.h"
#include "server/base/assert.h"
#include "server/crdt/array.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"

namespace syncline::sim {
namespace {

constexpr std::string_view text_name = "t";
constexpr std::string_view list_name = "list";
constexpr std::string_view settings_name = "settings";

// Where everybody types with the option same-position.
constexpr std::uint64_t contested_position = 3;
// So large a text gets smaller instead: a run is about conflicts, not about size.
constexpr std::uint64_t text_length_max = 4'000;

// Between two strokes of a burst, and between bursts.
constexpr Duration key_gap_min = milliseconds(60);
constexpr Duration key_gap_max = milliseconds(500);
constexpr Duration thinking_min = milliseconds(600);
constexpr Duration thinking_max = seconds(20);
constexpr std::uint64_t burst_max = 24;

// As JavaScript sees it. REQUIRES: is_utf8(text).
std::u16string to_utf16(std::string_view text) {
  std::u16string units;
  units.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = bytes == 1 ? lead : lead & (0x7Fu >> bytes);
    for (std::size_t next = 1; next < bytes; ++next) {
      point = point << 6 | (static_cast<unsigned char>(text[at + next]) & 0x3Fu);
    }
    at += bytes;
    if (point >= 0x10000) {
      point -= 0x10000;
      units += static_cast<char16_t>(0xD800 + (point >> 10));
      units += static_cast<char16_t>(0xDC00 + (point & 0x3FF));
    } else {
      units += static_cast<char16_t>(point);
    }
  }
  return units;
}

}  // namespace

TypingStyle TypingStyle::of(const faults::PlanCluster& cluster) {
  using faults::has_option;
  using faults::Option;
  return {.same_position = has_option(cluster, Option::same_position),
          .deletes = has_option(cluster, Option::deletes),
          .formats = has_option(cluster, Option::formats),
          .surrogates = has_option(cluster, Option::surrogates),
          .big_pastes = has_option(cluster, Option::big_pastes)};
}

Typist::Typist(const TypingStyle& style, std::string canary, RandomStream random)
    : style_(style), canary_(std::move(canary)), random_(random) {}

Duration Typist::next_pause() {
  if (left_in_burst_ > 0) {
    --left_in_burst_;
    return random_.log_between(key_gap_min, key_gap_max);
  }
  left_in_burst_ = 1 + random_.below(burst_max);
  return random_.log_between(thinking_min, thinking_max);
}

Typist::Stroke Typist::draw_stroke() {
  const std::uint64_t die = random_.below(200);
  if (die < 2) return Stroke::paste;
  if (die < 6) return Stroke::canary;
  if (die < 16) return Stroke::jump;
  if (die < 22) return Stroke::list;
  if (die < 28) return Stroke::setting;
  if (die < 30) return Stroke::both;
  if (die < 50) return style_.formats ? Stroke::format : Stroke::key;
  if (die < 66) return Stroke::erase;
  if (die < 120) return style_.deletes ? Stroke::erase : Stroke::key;
  return Stroke::key;
}

void Typist::type(crdt::Doc& doc) {
  Stroke stroke = draw_stroke();
  const std::uint64_t where = random_.next();
  text_ = to_utf16(doc.text(text_name).to_string());
  const std::uint64_t length = text_.size();
  if (style_.same_position) cursor_ = contested_position;
  cursor_ = settle(cursor_);
  if (!std::exchange(canary_typed_, true)) stroke = Stroke::canary;
  if (length > text_length_max && stroke != Stroke::format) stroke = Stroke::erase;
  switch (stroke) {
    case Stroke::key:
      return insert(doc, draw_key());
    case Stroke::erase:
      return erase(doc);
    case Stroke::jump:
      place_cursor(length, where);
      return insert(doc, draw_key());
    case Stroke::paste:
      return insert(doc, draw_paste());
    case Stroke::format:
      return format(doc);
    case Stroke::canary:
      return insert(doc, canary_);
    case Stroke::list:
      return change_list(doc);
    case Stroke::setting:
      return change_setting(doc);
    case Stroke::both:
      insert(doc, draw_key());
      erase(doc);
      return change_list(doc);
  }
}

// Mostly near where something happens already.
void Typist::place_cursor(std::uint64_t length, std::uint64_t where) {
  if (style_.same_position) return;
  const std::uint64_t near = std::min<std::uint64_t>(length, 8);
  cursor_ = settle((where >> 8) % ((where % 4 == 0 ? length : near) + 1));
}

std::uint64_t Typist::settle(std::uint64_t index) const {
  if (index >= text_.size()) return text_.size();
  const bool within = (text_[index] & 0xFC00) == 0xDC00;
  return within && index > 0 ? index - 1 : index;
}

void Typist::insert(crdt::Doc& doc, const std::string& text) {
  crdt::Text view = doc.text(text_name);
  const std::uint64_t before = view.length();
  SYNCLINE_ASSERT(view.insert(cursor_, text).ok(), cursor_, before);
  text_.insert(cursor_, to_utf16(text));
  cursor_ += view.length() - before;
}

void Typist::erase(crdt::Doc& doc) {
  const bool much = random_.chance(10);
  std::uint64_t wanted = 1 + random_.below(much ? 200 : 3);
  const std::uint64_t length = text_.size();
  if (length > text_length_max) wanted += length / 4;
  if (length == 0) return;
  // Backspace, as far as there is something before the cursor.
  const std::uint64_t end = cursor_ == 0 ? length : cursor_;
  const std::uint64_t begin = settle(end - std::min(wanted, end));
  SYNCLINE_ASSERT(doc.text(text_name).remove(begin, end - begin).ok(), begin, end);
  cursor_ = begin;
}

void Typist::format(crdt::Doc& doc) {
  constexpr const char* formats[] = {"bold", "italic", "link"};
  const char* name = formats[random_.below(3)];
  const std::uint64_t from = random_.next();
  const std::uint64_t span = 1 + random_.below(20);
  const bool ends = random_.chance(30);
  if (text_.empty()) return;
  const std::uint64_t begin = settle(from % text_.size());
  const std::uint64_t end = settle(begin + span);
  if (begin == end) return;
  const lib0::Any value = ends ? lib0::Any::null() : lib0::Any(true);
  const lib0::Any attributes = lib0::Any::object({{name, value}});
  SYNCLINE_ASSERT(doc.text(text_name).format(begin, end - begin, attributes).ok(), begin, end);
}

void Typist::change_list(crdt::Doc& doc) {
  const std::uint64_t where = random_.next();
  const std::uint64_t die = random_.below(10);
  crdt::Array list = doc.array(list_name);
  const std::uint64_t length = list.length();
  if (length > 0 && (die < 3 || length > 60)) {
    SYNCLINE_ASSERT(list.remove(where % length, 1).ok());
    return;
  }
  const std::uint64_t at = where % (std::min<std::uint64_t>(length, 4) + 1);
  if (die < 5) {
    const auto kind = die == 3 ? crdt::TypeKind::map : crdt::TypeKind::text;
    auto made = list.insert_type(at, kind);
    SYNCLINE_ASSERT(made.ok());
    if (kind == crdt::TypeKind::map) {
      SYNCLINE_ASSERT(made->as_map().set("n", static_cast<double>(where % 100)).ok());
    } else {
      SYNCLINE_ASSERT(made->as_text().insert(0, "note").ok());
    }
    return;
  }
  const lib0::Any value(static_cast<double>(where % 1000));
  SYNCLINE_ASSERT(list.insert(at, {&value, 1}).ok());
}

void Typist::change_setting(crdt::Doc& doc) {
  constexpr const char* keys[] = {"title", "color", "size", "owner"};
  const char* key = keys[random_.below(4)];
  const std::uint64_t value = random_.below(1000);
  const bool removes = random_.chance(15);
  crdt::Map settings = doc.map(settings_name);
  if (removes) {
    SYNCLINE_ASSERT(settings.remove(key).ok());
  } else {
    SYNCLINE_ASSERT(settings.set(key, static_cast<double>(value)).ok());
  }
}

std::string Typist::draw_key() {
  constexpr const char* wide[] = {"\U0001F600", "\U0001F468\u200D\U0001F469", "e\u0301", "\u6F22",
                                  "\U0001F1E9\U0001F1EA"};
  const std::uint64_t letter = random_.below(27);
  if (random_.chance(style_.surrogates ? 60 : 2)) return wide[random_.below(5)];
  return letter == 26 ? " " : std::string(1, static_cast<char>('a' + letter));
}

std::string Typist::draw_paste() {
  const std::uint64_t words =
      style_.big_pastes ? 2'000 + random_.below(8'000) : 3 + random_.below(30);
  const std::uint64_t start = random_.next();
  std::string text;
  for (std::uint64_t word = 0; word < words; ++word) {
    text.append(3 + (start + word * 7) % 5, static_cast<char>('a' + (start + word) % 26));
    text += ' ';
  }
  return text;
}

}  // namespace syncline::sim
