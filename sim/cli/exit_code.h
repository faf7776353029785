#pragma once

namespace syncline::sim {

// What the process tells its caller; the worst of all runs.
inline constexpr int exit_success = 0;
inline constexpr int exit_correctness = 1;  // A promise about data was broken.
inline constexpr int exit_usage = 2;        // The options are wrong, or a file cannot be read.
inline constexpr int exit_liveness = 3;     // Something did not come right in time.
inline constexpr int exit_crash = 4;        // The process of a run died: an assertion, a signal.
inline constexpr int exit_vacuous = 5;      // Nothing was wrong, and nothing was tested.
inline constexpr int exit_timeout = 6;      // A run took more real time than it was given.

}  // namespace syncline::sim
