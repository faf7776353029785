#!/usr/bin/env bash
# Two real Chromium pages on the real server; and the picture of a simulated run.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

needs_server
npm_ci tests/browser
SYNCLINE_SERVER=$server counted node tests/browser/run.mjs
pictures=build/ci/pictures
check "the demo's pictures" build/release/sim/syncline-sim demo --seeds 1 --pictures "$pictures"
counted node tests/browser/picture.mjs \
  --sample build/release/tests/unit/sim/picture/syncline_picture_sample "$pictures"/*.html
finish
