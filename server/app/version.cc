#include "server/app/version.h"

namespace syncline::app {

constexpr std::string_view version = SYNCLINE_VERSION;

}  // namespace syncline::app
