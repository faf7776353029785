#!/usr/bin/env bash
# The simulator: whole clusters under faults, judged; and what shows that its judgement can be trusted.
# The seeds come from the commit, so that each change is tried on seeds of its own, and again on the same.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

sim=build/release/sim/syncline-sim
sanitized=build/asan+ubsan/sim/syncline-sim
for needed in "$sim" "$sanitized"; do
  [ -x "$needed" ] && continue
  echo "no $needed: run ci/steps/build.sh and ci/steps/asan.sh first"
  echo "0 passed, 1 failed"
  exit 1
done

commit=$(git rev-parse HEAD 2>/dev/null || echo 1)
first=$((16#${commit:0:8} + 1))
jobs=$(nproc)
failures=build/ci/sim-failures

must_fail() { ! "$@"; }

check "plans that people wrote, and those that once failed" \
  "$sim" run --plan faults/plans/*.plan --jobs "$jobs" --failures "$failures"
check "500 fresh seeds, from $first" \
  "$sim" run --seed "$first" --seeds 500 --jobs "$jobs" --failures "$failures"
check "the same seeds, to the bit, in another process and build" \
  "$sim" compare "$sanitized" --seed "$first" --seeds 500 --jobs "$jobs"
check "wrong wall clocks change no document" \
  "$sim" run --seed "$first" --seeds 50 --profile clocks --metamorphic --vacuous-max 20 \
  --jobs "$jobs" --failures "$failures"
check "every planted bug is found" "$sim" kill-matrix --jobs "$jobs"
check "what always fails is reported" \
  must_fail "$sim" run --canary --no-shrink --seeds 1
check "the usual architecture fails where Syncline does not" "$sim" demo --seeds 10
finish
