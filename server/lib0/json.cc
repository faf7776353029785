#include "server/lib0/json.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace syncline::lib0 {
namespace {

// What a reader of JSON is told. The checker ignores it all; the parser builds values from it.
class IgnoreEvents {
 public:
  void on_word(Any::Null) {}
  void on_word(bool) {}
  void on_number(std::string_view) {}
  void on_string(std::string_view) {}
  void on_key(std::string_view) {}
  void on_open(bool) {}
  void on_close() {}
};

// Appends a UTF-16 unit or character as UTF-8; a lone surrogate gets the three bytes of its number.
void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | code >> 12));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | code >> 18));
    out.push_back(static_cast<char>(0x80 | (code >> 12 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

unsigned hex_unit(std::string_view raw, std::size_t at) {
  unsigned unit = 0;
  std::from_chars(raw.data() + at, raw.data() + at + 4, unit, 16);
  return unit;
}

// Resolves the escapes of a checked literal, given without its quotes.
std::string unescape(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] != '\\') {
      out.push_back(raw[at]);
      continue;
    }
    const char kind = raw[++at];
    switch (kind) {
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'u': {
        unsigned code = hex_unit(raw, at + 1);
        at += 4;
        const bool leads = code >= 0xD800 && code < 0xDC00;
        if (leads && raw.substr(at + 1, 2) == "\\u") {
          const unsigned next = hex_unit(raw, at + 3);
          if (next >= 0xDC00 && next < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (next - 0xDC00);
            at += 6;
          }
        }
        append_utf8(out, code);
        break;
      }
      default:
        out.push_back(kind);
        break;
    }
  }
  return out;
}

double to_double(std::string_view text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc::result_out_of_range) return value;
  // Too large or too small for a double. from_chars does not say which, the exponent's sign does:
  // a text without an exponent can only be too large if it has hundreds of digits before the point.
  const std::size_t exponent = text.find_first_of("eE");
  bool tiny = exponent != std::string_view::npos && text[exponent + 1] == '-';
  if (exponent == std::string_view::npos) {
    const std::size_t digit = text.find_first_not_of("-0.");
    tiny = digit != std::string_view::npos && text.find('.') < digit;
  }
  const double magnitude = tiny ? 0.0 : std::numeric_limits<double>::infinity();
  return text[0] == '-' ? -magnitude : magnitude;
}

class BuildValue {
 public:
  void on_word(Any::Null) { add(Any::null()); }
  void on_word(bool value) { add(Any(value)); }
  void on_number(std::string_view text) { add(Any(to_double(text))); }
  void on_string(std::string_view raw) { add(Any(unescape(raw))); }
  void on_key(std::string_view raw) { open_.back().key = unescape(raw); }
  void on_open(bool object) {
    open_.emplace_back();
    open_.back().is_object = object;
  }
  void on_close() {
    Container top = std::move(open_.back());
    open_.pop_back();
    add(top.is_object ? Any::object(std::move(top.properties)) : Any(std::move(top.elements)));
  }
  Any take() { return std::move(value_); }

 private:
  struct Container {
    bool is_object = false;
    std::string key;
    Any::Array elements;
    Any::Object properties;
  };

  void add(Any value) {
    if (open_.empty()) {
      value_ = std::move(value);
    } else if (open_.back().is_object) {
      open_.back().properties.emplace_back(std::move(open_.back().key), std::move(value));
    } else {
      open_.back().elements.push_back(std::move(value));
    }
  }

  std::vector<Container> open_;
  Any value_;
};

// A reader of RFC 8259's grammar, as JSON.parse takes it, with its own stack: one bit a level.
template <class Events>
class JsonReader {
 public:
  JsonReader(std::string_view text, std::size_t depth_max, Events& events)
      : text_(text), depth_max_(depth_max), events_(events) {}

  Result<void> read() {
    // Each turn reads one value, opening brackets as far as they go, and then closes what ends.
    while (true) {
      skip_space();
      if (!read_value()) return error_;
      if (opened_) continue;
      if (!close_finished()) return error_;
      if (stack_.empty()) break;
    }
    skip_space();
    if (at_ != text_.size()) return ErrorCode::invalid_json;
    return {};
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }

  bool fail(ErrorCode code = ErrorCode::invalid_json) {
    error_ = code;
    return false;
  }

  void skip_space() {
    while (!at_end() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }

  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  template <class Value>
  bool take_word(std::string_view word, Value value) {
    if (text_.substr(at_, word.size()) != word) return fail();
    at_ += word.size();
    events_.on_word(value);
    return true;
  }

  // Sets opened_ if it went into a container whose first value follows.
  bool read_value() {
    opened_ = false;
    switch (peek()) {
      case '{':
        return open(true);
      case '[':
        return open(false);
      case '"': {
        std::string_view raw;
        if (!take_string(raw)) return false;
        events_.on_string(raw);
        return true;
      }
      case 't':
        return take_word("true", true);
      case 'f':
        return take_word("false", false);
      case 'n':
        return take_word("null", Any::Null{});
      default:
        return take_number();
    }
  }

  bool open(bool object) {
    ++at_;
    if (stack_.size() >= depth_max_) return fail(ErrorCode::too_deep);
    stack_.push_back(object);
    events_.on_open(object);
    skip_space();
    if (take(object ? '}' : ']')) {
      stack_.pop_back();
      events_.on_close();
      return true;
    }
    opened_ = true;
    return !object || take_key();
  }

  bool take_key() {
    skip_space();
    std::string_view raw;
    if (peek() != '"') return fail();
    if (!take_string(raw)) return false;
    events_.on_key(raw);
    skip_space();
    return take(':') || fail();
  }

  // After a value: goes to the next one in its container, or out of those that end here.
  bool close_finished() {
    while (!stack_.empty()) {
      skip_space();
      const bool object = stack_.back();
      if (take(',')) return !object || take_key();
      if (!take(object ? '}' : ']')) return fail();
      stack_.pop_back();
      events_.on_close();
    }
    return true;
  }

  bool take_string(std::string_view& raw) {
    const std::size_t begin = ++at_;
    while (!at_end()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        raw = text_.substr(begin, at_ - begin);
        ++at_;
        return true;
      }
      if (c < 0x20) return fail();
      ++at_;
      if (c == '\\' && !take_escape()) return fail();
    }
    return fail();
  }

  bool take_escape() {
    const char kind = peek();
    if (at_end() || std::string_view("\"\\/bfnrtu").find(kind) == std::string_view::npos) {
      return false;
    }
    ++at_;
    if (kind != 'u') return true;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (!hex) return false;
    }
    return true;
  }

  bool take_digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > begin;
  }

  bool take_number() {
    const std::size_t begin = at_;
    take('-');
    if (!take('0') && !take_digits()) return fail();
    if (take('.') && !take_digits()) return fail();
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (!take('+')) take('-');
      if (!take_digits()) return fail();
    }
    events_.on_number(text_.substr(begin, at_ - begin));
    return true;
  }

  std::string_view text_;
  std::size_t depth_max_;
  Events& events_;
  std::size_t at_ = 0;
  std::vector<bool> stack_;  // Open containers, true for an object.
  bool opened_ = false;
  ErrorCode error_ = ErrorCode::invalid_json;
};

}  // namespace

Result<void> check_json(std::string_view text, std::size_t depth_max) {
  IgnoreEvents events;
  return JsonReader<IgnoreEvents>(text, depth_max, events).read();
}

Result<Any> parse_json(std::string_view text, std::size_t depth_max) {
  BuildValue builder;
  SYNCLINE_TRY(JsonReader<BuildValue>(text, depth_max, builder).read());
  return builder.take();
}

bool is_plainly_canonical_json(std::string_view text) {
  if (text == "null" || text == "true" || text == "false" || text == "{}" || text == "[]") {
    return true;
  }
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.find('\\') == std::string_view::npos;
  }
  const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  return digits && text.size() <= 15;
}

}  // namespace syncline::lib0
