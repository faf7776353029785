#!/usr/bin/env bash
# Every fuzz target: over its corpus, then for some seconds with new inputs.
#
#   SYNCLINE_FUZZ_SECONDS=600 ci/steps/fuzz.sh      for longer
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

seconds=${SYNCLINE_FUZZ_SECONDS:-5}
export UBSAN_OPTIONS=print_stacktrace=1
found=$PWD/build/fuzz/found
mkdir -p "$found"

fuzz_one() {
  local program=$1 corpus=$2 name
  name=$(basename "$program")
  mkdir -p "$found/$name"
  # New inputs go to the first folder; the corpus of the repository is only read.
  "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="$found/$name-" "$found/$name" "$corpus"
}

check "configure" cmake --preset fuzz
check "build" cmake --build --preset fuzz
while read -r program corpus; do
  check "$(basename "$program")" fuzz_one "$program" "$corpus"
done <build/fuzz/fuzzers.txt
finish
