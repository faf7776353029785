#include "faults/plan/plan_line.h"

namespace syncline::faults {
namespace {

constexpr std::string_view blanks = " \t\r";

}  // namespace

PlanLine::PlanLine(std::string_view line, std::size_t number) : line_(line), number_(number) {
  const std::string_view code = line.substr(0, line.find('#'));
  std::size_t begin = code.find_first_not_of(blanks);
  while (begin != std::string_view::npos) {
    const std::size_t end = std::min(code.find_first_of(blanks, begin), code.size());
    words_.push_back({code.substr(begin, end - begin), begin + 1});
    begin = code.find_first_not_of(blanks, end);
  }
}

PlanWord PlanLine::peek() const {
  if (!at_end()) return words_[next_];
  if (words_.empty()) return {};
  return {{}, words_.back().column + words_.back().text.size() + 1};
}

PlanWord PlanLine::take() {
  const PlanWord word = peek();
  if (!at_end()) ++next_;
  return word;
}

bool PlanLine::take_if(std::string_view text) {
  if (at_end() || words_[next_].text != text) return false;
  ++next_;
  return true;
}

Error PlanLine::error(PlanWord at, const std::string& what) const {
  std::string detail = "line " + std::to_string(number_);
  detail += ", column " + std::to_string(at.column) + ": " + what;
  const std::size_t length = line_.find_last_not_of(blanks);
  std::string shown(line_.substr(0, length == std::string_view::npos ? 0 : length + 1));
  for (char& letter : shown) {
    if (letter == '\t') letter = ' ';  // So that the mark stands below the word.
  }
  detail += "\n  " + shown + "\n  " + std::string(at.column - 1, ' ') + "^";
  return {ErrorCode::invalid_argument, detail};
}

Error PlanLine::expected(PlanWord at, const std::string& what) const {
  const std::string found =
      at.text.empty() ? "the end of the line" : "'" + std::string(at.text) + "'";
  return error(at, "expected " + what + ", found " + found);
}

}  // namespace syncline::faults
