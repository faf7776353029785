#!/usr/bin/env bash
# What touches threads, under ThreadSanitizer: the shards and the adapters.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
export RC_PARAMS=${RC_PARAMS:-max_success=25}
targets=()
for folder in tests/unit/core tests/unit/adapters tests/unit/app tests/transcripts; do
  [ ! -e "$folder/CMakeLists.txt" ] || targets+=(--target "$folder/all")
done
for folder in tests/unit/adapters/*/; do
  [ ! -e "${folder}CMakeLists.txt" ] || targets+=(--target "${folder}all")
done

check "configure" cmake --preset tsan
check "build" cmake --build --preset tsan "${targets[@]}"
# ThreadSanitizer of g++ 12 does not know the address layouts of newer kernels' full randomization.
fixed_addresses=()
if setarch -R true 2>/dev/null; then fixed_addresses=(setarch -R); fi
ctest() { "${fixed_addresses[@]}" "$(type -P ctest)" "$@"; }
ctest_counted --preset tsan -L '^(unit/core|unit/adapters|unit/app|transcripts)'
finish
