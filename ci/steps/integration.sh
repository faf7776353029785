#!/usr/bin/env bash
# The real binary: options, drain, full disks, bad input, and SIGKILL at random moments.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

needs_server
[ ! -e tests/integration/package-lock.json ] || npm_ci tests/integration
SYNCLINE_SERVER=$server counted node tests/integration/run.mjs
finish
