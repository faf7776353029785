#!/usr/bin/env bash
# The tests again, under AddressSanitizer and UndefinedBehaviorSanitizer.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

export UBSAN_OPTIONS=print_stacktrace=1
# Everything is several times slower here: fewer random cases a property.
export RC_PARAMS=${RC_PARAMS:-max_success=25}
check "configure" cmake --preset asan+ubsan
check "build" cmake --build --preset asan+ubsan
ctest_counted --preset asan+ubsan
finish
