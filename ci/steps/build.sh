#!/usr/bin/env bash
# The release build: server, editor, tests. Warnings are errors here.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

check "configure" cmake --preset release -DSYNCLINE_TESTS=ON -DSYNCLINE_WERROR=ON
check "build" cmake --build --preset release
finish
