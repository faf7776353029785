#!/usr/bin/env bash
# Two real Chromium pages on the real server.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

needs_server
npm_ci tests/browser
SYNCLINE_SERVER=$server counted node tests/browser/run.mjs
finish
