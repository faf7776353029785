#!/usr/bin/env bash
# Unit tests, properties, transcripts and the fuzzers' corpora, on the release build.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

ctest_counted --preset release
finish
