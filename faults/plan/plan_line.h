#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace syncline::faults {

// A word of a plan and where it stands.
struct PlanWord {
  std::string_view text;   // Empty: the end of the line.
  std::size_t column = 1;  // In bytes, from 1.
};

// One line of a plan as words between blanks, without its comment. Views the plan's text.
class PlanLine {
 public:
  PlanLine(std::string_view line, std::size_t number);

  bool at_end() const { return next_ == words_.size(); }
  // The end of the line, if nothing is left.
  PlanWord peek() const;
  PlanWord take();
  bool take_if(std::string_view text);

  // "line L, column C: WHAT", and the line with a mark below the word.
  Error error(PlanWord at, const std::string& what) const;
  // The same with "expected WHAT, found 'WORD'".
  Error expected(PlanWord at, const std::string& what) const;

 private:
  std::string_view line_;
  std::size_t number_;
  std::vector<PlanWord> words_;
  std::size_t next_ = 0;
};

}  // namespace syncline::faults
