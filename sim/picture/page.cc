#include "sim/picture/page.h"

#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "server/base/assert.h"

// Embedded by page/embed.cmake.
extern "C" {
extern const char syncline_picture_html[];
extern const char syncline_picture_html_end[];
extern const char syncline_picture_css[];
extern const char syncline_picture_css_end[];
extern const char syncline_picture_js[];
extern const char syncline_picture_js_end[];
}

namespace syncline::picture {
namespace {

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// JSON that may stand within a script element: no character of it can end that.
class Json {
 public:
  void raw(std::string_view text) { out_ += text; }
  void number(std::uint64_t value) { out_ += std::to_string(value); }
  void number(std::int64_t value) { out_ += std::to_string(value); }
  void time(Duration at) { number(static_cast<std::int64_t>(at.count())); }

  void string(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out_ += '"';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (byte < 0x20 || c == '<' || c == '>' || c == '&') {
        out_ += "\\u00";
        out_ += digits[byte >> 4];
        out_ += digits[byte & 15];
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  // `each` writes one element; commas come by themselves.
  template <class Range, class Each>
  void array(const Range& range, Each each) {
    out_ += '[';
    bool first = true;
    for (const auto& element : range) {
      if (!std::exchange(first, false)) out_ += ',';
      each(element);
    }
    out_ += ']';
  }

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// Texts repeat a lot ("publish", "commit"): each is written once and named by its number.
class Texts {
 public:
  std::uint64_t number_of(const std::string& text) {
    const auto [it, added] = numbers_.try_emplace(text, all_.size());
    if (added) all_.push_back(text);
    return it->second;
  }
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::map<std::string, std::uint64_t> numbers_;
  std::vector<std::string> all_;
};

const char* lane_kind_name(history::PartyKind kind) {
  using enum history::PartyKind;
  switch (kind) {
    case client:
      return "client";
    case gateway:
      return "gateway";
    case node:
      return "node";
    case worker:
      return "worker";
    case redis:
      return "redis";
    case postgres:
    case store:
    case cold_reader:
      return "store";
  }
  return "store";
}

std::int64_t lane_number(LaneIndex lane) { return lane == no_lane ? -1 : std::int64_t{lane}; }

// The order of the columns is known to page.js (readRun).
class RunJson {
 public:
  explicit RunJson(const Scene& scene) : scene_(scene) {}

  std::string write() {
    json_.raw("{\"kinds\":");
    std::vector<std::string_view> kinds;
    for (std::size_t i = 0; i < mark_kinds; ++i) {
      kinds.push_back(mark_kind_name(static_cast<MarkKind>(i)));
    }
    json_.array(kinds, [&](std::string_view kind) { json_.string(kind); });
    json_.raw(",\"lanes\":");
    json_.array(scene_.lanes, [&](const Lane& lane) {
      json_.raw("[");
      json_.string(lane.name);
      json_.raw(",");
      json_.string(lane_kind_name(lane.kind));
      json_.raw("]");
    });
    json_.raw(",\"documents\":");
    json_.array(scene_.documents, [&](const std::string& name) { json_.string(name); });
    json_.raw(",\"marks\":");
    json_.array(scene_.marks, [&](const Mark& mark) { write_mark(mark); });
    json_.raw(",\"messages\":");
    json_.array(scene_.messages, [&](const Message& message) { write_message(message); });
    json_.raw(",\"bands\":");
    json_.array(scene_.bands, [&](const Band& band) { write_band(band); });
    json_.raw(",\"texts\":");
    json_.array(texts_.all(), [&](const std::string& text) { json_.string(text); });
    write_findings();
    json_.raw("}");
    return json_.take();
  }

 private:
  void columns(std::initializer_list<std::int64_t> values) {
    json_.array(values, [&](std::int64_t value) { json_.number(value); });
  }

  std::int64_t text(const std::string& of) {
    return static_cast<std::int64_t>(texts_.number_of(of));
  }

  void write_mark(const Mark& mark) {
    json_.raw("[");
    json_.time(mark.at);
    for (const std::int64_t value :
         {lane_number(mark.lane), static_cast<std::int64_t>(mark.kind), text(mark.text),
          mark.document ? std::int64_t{*mark.document} : -1}) {
      json_.raw(",");
      json_.number(value);
    }
    json_.raw(",");
    json_.array(mark.edits, [&](std::uint64_t edit) { json_.number(edit); });
    json_.raw("]");
  }

  void write_message(const Message& message) {
    columns({message.sent.count(), message.ended.count(), lane_number(message.from),
             lane_number(message.to), text(message.what), static_cast<std::int64_t>(message.fate)});
  }

  void write_band(const Band& band) {
    const std::int64_t kind = text(band.kind);
    columns({band.from.count(), band.until.count(), lane_number(band.lane), lane_number(band.other),
             kind, text(band.text), static_cast<std::int64_t>(band.observed)});
  }

  void write_findings() {
    json_.raw(",\"gaps\":");
    json_.array(scene_.gaps, [&](const Gap& gap) {
      columns({gap.from.count(), gap.until.count(), static_cast<std::int64_t>(gap.events)});
    });
    json_.raw(",\"violations\":");
    json_.array(scene_.violations, [&](const Violation& violation) {
      json_.raw("[");
      json_.time(violation.at);
      json_.raw(",");
      json_.string(violation.checker);
      json_.raw(",");
      json_.string(violation.what);
      json_.raw("]");
    });
    json_.raw(",\"acknowledgement\":");
    json_.number(scene_.acknowledgement ? static_cast<std::int64_t>(*scene_.acknowledgement) : -1);
    json_.raw(",\"loss\":");
    json_.number(scene_.loss ? static_cast<std::int64_t>(*scene_.loss) : -1);
    json_.raw(",\"unsaved\":");
    json_.number(scene_.unsaved ? static_cast<std::int64_t>(*scene_.unsaved) : -1);
  }

  const Scene& scene_;
  Json json_;
  Texts texts_;
};

std::string violation_html(const Violation& violation) {
  return "<p class=\"verdict bad\"><b>" + html_escaped(violation.checker) + "</b> " +
         html_escaped(violation.what) + "</p>";
}

// The first decides what the run is said to be; the others often follow from it.
std::string verdict_html(const Scene& scene) {
  if (scene.violations.empty()) return "<p class=\"verdict good\">Nothing wrong was found.</p>";
  std::string out = violation_html(scene.violations.front());
  if (scene.violations.size() == 1) return out;
  out += "<details class=\"more\"><summary>and " + std::to_string(scene.violations.size() - 1) +
         " more</summary>";
  for (std::size_t i = 1; i < scene.violations.size(); ++i) {
    out += violation_html(scene.violations[i]);
  }
  return out + "</details>";
}

std::string cut_html(const Scene& scene) {
  return scene.cut.empty() ? "" : "<p class=\"cut\">" + html_escaped(scene.cut) + "</p>";
}

}  // namespace

std::string page_of(const Scene& scene) {
  const std::map<std::string_view, std::string> parts{
      {"title", html_escaped(scene.title)},
      {"style", std::string(syncline_picture_css, syncline_picture_css_end)},
      {"script", std::string(syncline_picture_js, syncline_picture_js_end)},
      {"verdict", verdict_html(scene)},
      {"cut", cut_html(scene)},
      {"replay", html_escaped(scene.replay)},
      {"plan", html_escaped(scene.plan)},
      {"run", RunJson(scene).write()},
  };
  std::string_view rest(syncline_picture_html, static_cast<std::size_t>(syncline_picture_html_end -
                                                                        syncline_picture_html));
  std::string page;
  for (auto open = rest.find("{{"); open != std::string_view::npos; open = rest.find("{{")) {
    const auto close = rest.find("}}", open);
    SYNCLINE_ASSERT(close != std::string_view::npos);
    const auto part = parts.find(rest.substr(open + 2, close - open - 2));
    SYNCLINE_ASSERT(part != parts.end());
    page += rest.substr(0, open);
    page += part->second;
    rest.remove_prefix(close + 2);
  }
  page += rest;
  return page;
}

}  // namespace syncline::picture
