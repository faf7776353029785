#pragma once

namespace syncline::app {

// What the process tells its caller.
inline constexpr int exit_success = 0;
inline constexpr int exit_failed = 1;  // The command was understood and could not be done.
inline constexpr int exit_refused =
    2;  // The options or the surroundings are wrong; nothing was touched.

}  // namespace syncline::app
