#!/usr/bin/env bash
# The tests again, under AddressSanitizer and UndefinedBehaviorSanitizer; and the simulator, which the next step
# compares with the release build's.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

export UBSAN_OPTIONS=print_stacktrace=1
# Everything is several times slower here: fewer random cases a property.
export RC_PARAMS=${RC_PARAMS:-max_success=25}
# All but benchmarks and the load generator's own: half of a build is of what is not the server's.
targets=(--target syncline-sim)
labels=()
while read -r folder; do
  case $folder in
    tests/bench/* | tests/compat/* | tests/unit/loadgen) continue ;;
  esac
  targets+=(--target "$folder/all")
  labels+=("${folder#tests/}")
done < <(find tests/*/*/ tests/transcripts -name node_modules -prune -o -name CMakeLists.txt -printf '%h\n' | sort)

check "configure" cmake --preset asan+ubsan
check "build" cmake --build --preset asan+ubsan "${targets[@]}"
ctest_counted --preset asan+ubsan -L "^($(IFS='|' && echo "${labels[*]}"))\$"
finish
