#!/usr/bin/env bash
# The web editor: types and unit tests, in the build tree where it was built.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

cd build/release/server/web/editor
check "types" npm run --silent check
counted with_node_summary npm test --silent
finish
